import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tarFile } from '../../src/perform/tar-file.ts'
import { recordOf } from '../support/audit.ts'
import { classicBuild } from '../support/build.ts'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { setting } from '../support/settings.ts'

/** More than a container may have. */
const VOLUMES = Array.from({ length: 65 }, (_, index) => `/${index}`).join(' ')

describe.each(onEngines('new', 'old'))('images that a build on the %s engine takes from', (engine) => {
  const shared = gateForAll(engine, {
    allow: [...everything, 'build'],
    run: { images: ['busybox', `${setting('REGISTRY')}/team/*`] },
  })
  const worker = (...args: readonly string[]) => docker(shared.gate, args)
  const newName = (): string => `${setting('REGISTRY')}/team/${freshName('base')}:1`
  const secret = `operator/${freshName('secret')}:1`
  /** What the worker must not come by: an image out of its reach, by a trigger of another's. */
  const trigger = `ONBUILD COPY --from=${secret} / /stolen/`

  async function operator(...args: readonly string[]): Promise<string> {
    const result = await engineDocker(engine, args, { input: Buffer.alloc(1024) })
    expect(result).toMatchObject({ code: 0 })
    return result.stdout.trim()
  }

  /** Puts an image into the registry; the engine has it only while it is made. Gives its id. */
  async function publish(name: string, ...changes: readonly string[]): Promise<string> {
    const all = changes.length === 0 ? [`LABEL is=${freshName('label')}`] : changes
    const id = await operator('import', ...all.flatMap((change) => ['--change', change]), '-', name)
    await operator('push', name)
    await operator('rmi', name)
    return id
  }

  const build = (dockerfile: string, ...flags: readonly string[]): Promise<CommandResult> =>
    classicBuild(shared.gate, dockerfile, ...flags)

  const idOf = async (image: string): Promise<string> =>
    (await engineDocker(engine, ['image', 'inspect', '-f', '{{.Id}}', image])).stdout.trim()
  const labelOf = async (image: string): Promise<string> =>
    (
      await engineDocker(engine, ['image', 'inspect', '-f', '{{index .Config.Labels "is"}}', image])
    ).stdout.trim()

  const refused = {
    code: 1,
    stderr: expect.stringMatching(/refused by policy: build\.base[^]*ONBUILD/),
  }

  beforeAll(() => operator('import', '--change', 'LABEL secret=1', '-', secret))
  afterAll(() => operator('rmi', secret))

  describe('with instructions for later builds', () => {
    test.each([[[]], [['--pull']]])('are refused with %j, here or not', async (flags) => {
      const [base, made] = [newName(), newName()]
      await publish(base, trigger)
      expect(await build(`FROM ${base}\n`, '-t', made, ...flags)).toMatchObject(refused)
      // It came on the way, and is the worker's as after a pull.
      expect(await idOf(base)).not.toBe('')
      expect(await build(`FROM scratch AS a\nFROM ${base} AS b\n`, '-t', made, ...flags)).toMatchObject(
        refused,
      )
      expect(await idOf(made)).toBe('')
      expect(await worker('rmi', base)).toMatchObject({ code: 0 })
    })

    test('are refused by their digest', async () => {
      const base = newName()
      await publish(base, trigger)
      await operator('pull', base)
      const digest = await operator('image', 'inspect', '-f', '{{index .RepoDigests 0}}', base)
      await operator('rmi', base)
      expect(await build(`FROM ${digest}\n`)).toMatchObject(refused)
      expect(await worker('rmi', digest)).toMatchObject({ code: 0 })
    })

    test('are refused where the registry has them in the place of a good one by now', async () => {
      const [base, made] = [newName(), newName()]
      await publish(base)
      expect(await build(`FROM ${base}\n`, '-t', made)).toMatchObject({ code: 0 })
      await publish(base, trigger)
      expect(await build(`FROM ${base}\n`, '-t', made, '--pull')).toMatchObject(refused)
      await engineDocker(engine, ['rmi', '-f', base, made])
    })

    test('are not built from where their name is given to them during the build', async () => {
      const [base, made] = [newName(), newName()]
      await publish(base, 'LABEL is=good')
      expect(await worker('pull', base)).toMatchObject({ code: 0 })
      const good = await idOf(base)
      const dockerfile = `FROM busybox\nRUN sleep 8\nFROM ${base}\nCOPY given /given\n`
      const building = build(dockerfile, '-t', made, '--no-cache')
      await sleep(3_000)
      const flipped = newName()
      await operator('import', '--change', trigger, '-', flipped)
      await operator('tag', flipped, base)
      expect(await idOf(base)).not.toBe(good)
      expect(await building).toMatchObject({ code: 0 })
      expect(await labelOf(made)).toBe('good')
      expect(await operator('history', '--format', '{{.CreatedBy}}', made)).not.toContain(secret)
      await engineDocker(engine, ['rmi', '-f', base, made, flipped])
    })

    test('that are made and used in one Dockerfile are carried out as it says', async () => {
      const made = newName()
      const dockerfile = 'FROM busybox AS a\nONBUILD RUN echo triggered > /trace\nFROM a\nCOPY given /given\n'
      expect(await build(dockerfile, '-t', made)).toMatchObject({ code: 0 })
      expect(await worker('run', '--rm', made, 'cat', '/trace', '/given')).toMatchObject({
        stdout: 'triggered\nfrom the context\n',
      })
      expect(await worker('rmi', made)).toMatchObject({ code: 0 })
    })
  })

  test.each([
    ['a long variable', [`ENV A=${'x'.repeat(5_000)}`], 'a variable of more than'],
    ['many labels', ['a', 'b'].map((name) => `LABEL ${name}=${'x'.repeat(40_000)}`), 'labels of more than'],
    ['many volumes', [`VOLUME ${VOLUMES}`], 'more than 64 volumes'],
    ['many ports', ['EXPOSE 1-5000'], 'more than 4096 ports'],
  ])('are refused with %s', async (_what, changes, why) => {
    const [base, made] = [newName(), newName()]
    await publish(base, ...changes)
    expect(await build(`FROM ${base}\n`, '-t', made)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`refused by policy: build\\.base[^]*${why}`)),
    })
    expect(await idOf(made)).toBe('')
    expect(await worker('rmi', base)).toMatchObject({ code: 0 })
  })

  test.each([
    ['volumes', [`VOLUME ${VOLUMES}`], 'run.mounts', '65 mounts'],
    ['ports', ['EXPOSE 1-5000'], 'run.ports', 'its image exposes 5000 ports'],
  ])('of many %s make no container either', async (_what, changes, rule, why) => {
    const base = newName()
    await publish(base, ...changes)
    expect(await worker('pull', base)).toMatchObject({ code: 0 })
    expect(await worker('create', base, 'true')).toMatchObject({
      stderr: expect.stringMatching(new RegExp(`${rule}\n[^]*${why}`)),
    })
    expect(await worker('rmi', base)).toMatchObject({ code: 0 })
  })

  test('give no range of ports to an EXPOSE by a variable', async () => {
    const [base, made] = [newName(), newName()]
    await publish(base, 'ENV RANGE=1-65535 PORT=80')
    const exposed = (name: string) => build(`FROM ${base}\nEXPOSE $${name}\n`, '-t', made)
    expect(await exposed('RANGE')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/refused by policy: build\.base[^]*RANGE/),
    })
    expect(await exposed('PORT')).toMatchObject({ code: 0 })
    expect(await worker('rmi', made, base)).toMatchObject({ code: 0 })
  })

  test.each([
    ['in a platform', `FROM --platform=linux/amd64$X\u00e0${secret} as x\nRUN true\n`],
    ['in the owner of a copy', `FROM busybox\nCOPY --chown=\u00e0--from=${secret} / /stolen/\n`],
    ['in a trigger', `FROM busybox AS a\nONBUILD COPY --chown=\u00e0--from=${secret} / /stolen/\nFROM a\n`],
  ])('are not hidden by a letter that has a space in it for the engine, %s', async (_where, dockerfile) => {
    const made = newName()
    expect(await build(`ARG X=\n${dockerfile}`, '-t', made)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('refused by policy: build.dockerfile'),
    })
    expect(await idOf(made)).toBe('')
  })

  test('are not written by what an argument holds', async () => {
    const made = newName()
    const argument = `P=linux/amd64 busybox\nFROM ${secret}`
    expect(
      await build('ARG P\nFROM --platform=$P busybox\n', '-t', made, '--build-arg', argument),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('build.dockerfile') })
    expect(await idOf(made)).toBe('')
  })

  test('are pulled where they are missing, and are the worker’s', async () => {
    const [base, source, made] = [newName(), newName(), newName()]
    await publish(base, 'LABEL is=pulled')
    await publish(source)
    const dockerfile = `ARG NAME\nFROM $NAME AS a\nCOPY --from=${source} / /b/\nFROM a\nCOPY . /\n`
    const result = await build(dockerfile, '-t', made, '--build-arg', `NAME=${base}`)
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('Successfully tagged') })
    expect(await labelOf(made)).toBe('pulled')
    expect(await worker('rmi', made)).toMatchObject({ code: 0 })
    expect(await worker('rmi', base, source)).toMatchObject({ code: 0 })
    expect([await idOf(base), await idOf(source)]).toEqual(['', ''])
  })

  test('are pulled anew where that is asked for alone', async () => {
    const [base, made] = [newName(), newName()]
    await publish(base, 'LABEL is=older')
    await operator('pull', base)
    const older = await idOf(base)
    await operator('rmi', base)
    await publish(base, 'LABEL is=newer')
    await operator('pull', base)
    const newer = await idOf(base)
    expect(newer).not.toBe(older)
    const local = await operator('import', '--change', 'LABEL is=local', '-', base)
    expect(await build(`FROM ${base}\n`, '-t', made)).toMatchObject({ code: 0 })
    expect(await labelOf(made)).toBe('local')
    expect(await build(`FROM ${base}\n`, '-t', made, '--pull')).toMatchObject({ code: 0 })
    expect(await labelOf(made)).toBe('newer')
    await engineDocker(engine, ['rmi', '-f', base, made, local])
  })

  test('that are needed behind the target alone stay where they are', async () => {
    const [made, missing] = [newName(), newName()]
    const dockerfile = `FROM busybox AS first\nRUN true\nFROM ${missing}\n`
    expect(await build(dockerfile, '-t', made, '--target', 'First')).toMatchObject({ code: 0 })
    expect(await worker('rmi', made)).toMatchObject({ code: 0 })
  })

  test('that no registry has are told of, by what the registry says', async () => {
    const missing = newName()
    const result = await build(`FROM ${missing}\n`)
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/can't be pulled.*(?:not found|unknown)/),
    })
    expect(result.stderr).not.toContain('refused by policy')
  })

  test('of another platform are not what is asked for', async () => {
    const [base, made] = [newName(), newName()]
    await publish(base)
    const other = await build(`FROM --platform=linux/s390x ${base}\n`, '-t', made)
    // Engines since 26 tell it of the pull already.
    expect(other).toMatchObject({ code: 1, stderr: expect.stringMatching(/build\.base|wanted linux\/s390x/) })
    expect(await idOf(made)).toBe('')
    const platform = await operator('image', 'inspect', '-f', '{{.Os}}/{{.Architecture}}', base)
    expect(await build(`FROM --platform=${platform} ${base}\n`, '-t', made)).toMatchObject({ code: 0 })
    expect(await worker('rmi', made)).toMatchObject({ code: 0 })
    // Of a pull that failed nobody knows whether it brought what is here.
    await operator('rmi', base)
  })

  describe('and that a registry of a test has', () => {
    /** A registry that answers as it is told. */
    async function registry(
      answer: RequestListener,
    ): Promise<AsyncDisposable & { readonly address: string }> {
      const server = createServer(answer)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new TypeError('the registry has no port')
      const close = async (): Promise<void> => {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
      return { address: `127.0.0.1:${bound.port}`, [Symbol.asyncDispose]: close }
    }

    const gateFor = (address: string): Promise<Gate> =>
      startGate({ engine, policy: generousPolicy({ allow: ['build'], run: { images: [`${address}/*`] } }) })

    test('are waited for no longer than the client waits', async () => {
      const asked = Promise.withResolvers<void>()
      await using slow = await registry((incoming, response) => {
        if (incoming.url === '/v2/') {
          response.writeHead(200).end()
          return
        }
        asked.resolve()
      })
      await using gate = await gateFor(slow.address)
      const dockerfile = Buffer.from(`FROM ${slow.address}/image:1\n`)
      const env = { DOCKER_BUILDKIT: '0' }
      const building = docker(gate, ['build', '-'], { input: dockerfile, env, timeout: 4_000 })
      await asked.promise
      expect(await building).toMatchObject({ code: 124 })
      // The registry has not answered; what the gate was at is over.
      const outcomes = async () => (await recordOf(gate)).filter(({ phase }) => phase === 'outcome')
      await expect.poll(outcomes).toMatchObject([{ operation: 'image.build', status: 0 }])
    })

    test('are pulled with the credentials for that registry', async () => {
      const given = new Set<string | undefined>()
      await using strict = await registry((incoming, response) => {
        given.add(incoming.headers.authorization)
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end()
      })
      await using gate = await gateFor(strict.address)
      const credentials = {
        [strict.address]: { username: 'worker', password: 'word' },
        'other.example': { username: 'worker', password: 'other' },
      }
      const answer = await request(gate.socket, {
        method: 'POST',
        path: '/v1.41/build',
        headers: {
          'Content-Type': 'application/x-tar',
          'X-Registry-Config': Buffer.from(JSON.stringify(credentials)).toString('base64url'),
        },
        body: tarFile('Dockerfile', Buffer.from(`FROM ${strict.address}/image:1\n`)).toString('latin1'),
      })
      expect([401, 500]).toContain(answer.status)
      expect(answer).toMatchObject({ body: expect.stringContaining("can't be pulled") })
      const basic = `Basic ${Buffer.from('worker:word').toString('base64')}`
      expect([...given].filter((value) => value !== undefined)).toEqual([basic])
    })
  })
})
