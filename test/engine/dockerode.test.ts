import { PassThrough } from 'node:stream'
import type { Duplex, Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { beforeAll, describe, expect, test } from 'vitest'
import { engineDocker, onEngines, kindOf, VERSIONS } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { setting } from '../support/settings.ts'

const tool = `${setting('REGISTRY')}/team/tool:1`

describe.each(onEngines('new', 'old'))('dockerode on the %s engine', (engine) => {
  const shared = gateForAll(engine)
  let client: Docker
  beforeAll(() => {
    client = new Docker({ socketPath: shared.gate.socket })
  })

  const create = (
    Cmd: readonly string[],
    more: Docker.ContainerCreateOptions = {},
  ): Promise<Docker.Container> => client.createContainer({ Image: 'busybox', Cmd: [...Cmd], ...more })

  /** The two outputs of a stream that carries both. */
  async function apart(
    stream: NodeJS.ReadableStream,
  ): Promise<{ readonly out: string; readonly err: string }> {
    const [out, err] = [new PassThrough(), new PassThrough()]
    client.modem.demuxStream(stream, out, err)
    stream.on('end', () => {
      out.end()
      err.end()
    })
    const [outText, errText] = await Promise.all([text(out), text(err)])
    return { out: outText, err: errText }
  }

  test('ping, version and info answer', async () => {
    expect(String(await client.ping())).toBe('OK')
    expect((await client.version()).Version).toContain(VERSIONS[kindOf(engine)])
    expect(await client.info()).toMatchObject({ OSType: 'linux', Containers: expect.any(Number) })
  })

  test('a container is created, started, waited for, listed, inspected and removed', async () => {
    const container = await create(['sh', '-c', 'exit 3'], { name: freshName('named'), Env: ['A=1', 'B=2'] })
    const ended = container.wait({ condition: 'next-exit' })
    await container.start()
    expect(await ended).toMatchObject({ StatusCode: 3 })
    expect(await container.inspect()).toMatchObject({ Id: container.id, State: { ExitCode: 3 } })
    const listed = await client.listContainers({ all: true, filters: { id: [container.id] } })
    expect(listed.map(({ Id }) => Id)).toEqual([container.id])
    await container.remove()
    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 })
  })

  test('attach takes over the connection, with input', async () => {
    const container = await create(['cat'], { OpenStdin: true, StdinOnce: true, AttachStdin: true })
    const stream: Duplex = Object(
      await container.attach({ stream: true, stdin: true, stdout: true, hijack: true }),
    )
    await container.start()
    const received = apart(stream)
    stream.end('typed\n')
    expect(await received).toEqual({ out: 'typed\n', err: '' })
    expect(await container.wait()).toMatchObject({ StatusCode: 0 })
    await container.remove()
  })

  test('attach without taking over gives what is printed', async () => {
    const container = await create(['sh', '-c', 'echo out; echo err >&2'])
    const stream = await container.attach({ stream: true, stdout: true, stderr: true })
    const received = apart(stream)
    await container.start()
    expect(await received).toEqual({ out: 'out\n', err: 'err\n' })
    await container.remove({ force: true })
  })

  test('a terminal’s stream is raw', async () => {
    const container = await create(['tty'], { Tty: true })
    const stream: Duplex = Object(await container.attach({ stream: true, stdout: true, hijack: true }))
    const received = text(stream)
    await container.start()
    expect(await received).toBe('/dev/pts/0\r\n')
    await container.wait()
    await container.remove()
  })

  test('logs are read whole or followed', async () => {
    const container = await create(['sh', '-c', 'echo one; sleep 0.5; echo two'])
    await container.start()
    const followed = await apart(await container.logs({ follow: true, stdout: true, stderr: true }))
    expect(followed).toEqual({ out: 'one\ntwo\n', err: '' })
    const whole = await container.logs({ follow: false, stdout: true, stderr: true, tail: 1 })
    expect(whole.toString()).toContain('two\n')
    expect(whole.toString()).not.toContain('one\n')
    await container.remove()
  })

  test('a running container is measured, changed, signalled and removed', async () => {
    const container = await create(['sleep', '1000'], { Tty: true })
    await container.start()
    expect(await container.stats({ stream: false })).toMatchObject({ memory_stats: expect.anything() })
    const stats: Readable = Object(await container.stats({ stream: true }))
    const first = new Promise((resolve) => stats.once('data', resolve))
    expect(JSON.parse(String(await first))).toHaveProperty('cpu_stats')
    stats.destroy()
    expect(await container.top()).toMatchObject({ Processes: [expect.arrayContaining(['sleep 1000'])] })
    await container.resize({ h: 20, w: 60 })
    await container.pause()
    await container.unpause()
    const name = freshName('renamed')
    await container.rename({ name })
    await container.update({ Memory: 32 * 2 ** 20, MemorySwap: 64 * 2 ** 20 })
    expect(await container.inspect()).toMatchObject({
      Name: `/${name}`,
      HostConfig: { Memory: 32 * 2 ** 20 },
    })
    await container.restart({ t: 0 })
    await container.stop({ t: 0 })
    await container.start()
    await container.kill({ signal: 'SIGKILL' })
    await container.remove({ force: true, v: true })
  })

  test('an image is pulled with its progress, listed, inspected and removed', async () => {
    // One that no other name has: the worker brings it here, and may take it away.
    const image = `${setting('REGISTRY')}/team/${freshName('pulled')}:1`
    const input = `FROM busybox\nLABEL only=${image}\n`
    await engineDocker(engine, ['build', '-t', image, '-'], { input, env: { DOCKER_BUILDKIT: '0' } })
    expect(await engineDocker(engine, ['push', image])).toMatchObject({ code: 0 })
    expect(await engineDocker(engine, ['rmi', image])).toMatchObject({ code: 0 })
    const stream = await client.pull(image)
    const steps = await new Promise<readonly unknown[]>((resolve, reject) => {
      client.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output)))
    })
    expect(JSON.stringify(steps.at(-1))).toContain('Downloaded newer image')
    const listed = await client.listImages()
    expect(listed.flatMap(({ RepoTags }) => RepoTags ?? [])).toContain(image)
    expect(await client.getImage(image).inspect()).toMatchObject({ RepoTags: [image], Os: 'linux' })
    expect(await client.getImage(image).history()).not.toHaveLength(0)
    expect(JSON.stringify(await client.getImage(image).remove())).toContain(`{"Untagged":"${image}"}`)
    expect(await engineDocker(engine, ['image', 'inspect', image])).toMatchObject({ code: 1 })
  })

  test('an image that was there before the worker named it is not removed', async () => {
    expect(await engineDocker(engine, ['image', 'inspect', tool])).toMatchObject({ code: 0 })
    await expect(client.getImage(tool).remove()).rejects.toThrow(/rmi\.own/)
    expect(await engineDocker(engine, ['image', 'inspect', tool])).toMatchObject({ code: 0 })
  })

  test('events come while things happen', async () => {
    const stream: Readable = Object(await client.getEvents({ filters: { type: ['container'] } }))
    const seen = new Promise<string>((resolve) => {
      let all = ''
      stream.on('data', (chunk: Buffer) => {
        all += chunk.toString()
        if (all.includes('"destroy"')) resolve(all)
      })
    })
    const container = await create(['true'])
    await container.start()
    await container.wait()
    await container.remove()
    const all = await seen
    stream.destroy()
    const words = all
      .split('\n')
      .filter((line) => line.includes(container.id))
      .map((line) => JSON.parse(line).Action)
    expect(words).toEqual(expect.arrayContaining(['create', 'start', 'die', 'destroy']))
  })

  test('a refusal is an error with its fields', async () => {
    const refused = create(['true'], { HostConfig: { Privileged: true } })
    await expect(refused).rejects.toMatchObject({
      statusCode: 403,
      json: { decision: 'refused', record: expect.stringMatching(/./) },
    })
  })

  test('what is not granted is refused: exec, archive, commit, volumes, networks', async () => {
    const container = await create(['sleep', '1000'])
    await container.start()
    const calls = [
      container.exec({ Cmd: ['sh'] }),
      container.getArchive({ path: '/etc' }).then((stream) => buffer(stream)),
      container.commit({ repo: 'x' }),
      container.export(),
      container.changes(),
      client.createVolume({ Name: freshName('volume') }),
      client.createNetwork({ Name: freshName('network') }),
      client.pruneContainers(),
      client.buildImage(new PassThrough().end(), { t: 'x' }),
    ]
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { statusCode: 403 } })
    }
    await container.remove({ force: true })
  })
})
