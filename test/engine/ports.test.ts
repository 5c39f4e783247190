import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'

const ranges = { new: [21_000, 21_299], old: [21_300, 21_599] } as const
/** A range with ports that browsers block, those that an engine gives of it, and one of the others. */
const partly = {
  new: { range: '6660-6671', given: ['6660', '6661', '6662', '6663', '6664'], blocked: '6667' },
  old: { range: '5998-6003', given: ['6001', '6002', '6003'], blocked: '6000' },
} as const
const serve = [
  'busybox',
  'sh',
  '-c',
  'mkdir /www && echo hello > /www/index.html && exec httpd -f -p 8080 -h /www',
]

describe.each(onEngines('new', 'old'))('published ports on the %s engine', (engine) => {
  const [from, to] = ranges[engine]
  const shared = gateForAll(engine, { run: { ports: { address: '127.0.0.1', range: `${from}-${to}` } } })

  async function fetched(address: string): Promise<string> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await (await fetch(`http://${address}/`)).text()
      } catch (error) {
        // The server in the container may need a moment.
        if (tries > 40) throw error
        await sleep(50)
      }
    }
  }

  test('a port without a host port gets one in the range, and answers', async () => {
    const name = freshName('port')
    const started = await docker(shared.gate, ['run', '-d', '--name', name, '-p', '8080', ...serve])
    expect(started).toMatchObject({ code: 0, stderr: '' })
    const [address = ''] = (await docker(shared.gate, ['port', name, '8080'])).stdout.split('\n')
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/)
    const port = Number(address.split(':')[1])
    expect(port).toBeGreaterThanOrEqual(from)
    expect(port).toBeLessThanOrEqual(to)
    expect(await fetched(address)).toBe('hello\n')
    await docker(shared.gate, ['rm', '-f', name])
  })

  test('a port that is named is published on the policy’s address', async () => {
    const name = freshName('named')
    const port = from + 250
    await docker(shared.gate, ['run', '-d', '--name', name, '-p', `${port}:8080`, ...serve])
    const bindings = await engineDocker(engine, ['inspect', '-f', '{{json .HostConfig.PortBindings}}', name])
    expect(JSON.parse(bindings.stdout)).toEqual({
      '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }],
    })
    expect(await fetched(`127.0.0.1:${port}`)).toBe('hello\n')
    await docker(shared.gate, ['rm', '-f', name])
  })

  test.each([
    ['outside the range', '80:8080'],
    ['on another address', `0.0.0.0:${from}:8080`],
    ['in a range that goes beyond', `${to - 1}-${to + 1}:8080`],
  ])('a port %s is refused', async (_what, publish) => {
    const result = await docker(shared.gate, ['run', '--rm', '-p', publish, 'busybox', 'true'])
    expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining('run.ports') })
  })

  describe('by several entries', () => {
    const [single, other] = [from + 280, from + 281]
    const several = gateForAll(engine, {
      run: {
        ports: [{ address: '0.0.0.0', range: single }, { range: partly[engine].range }, { range: other }],
      },
    })

    /** What an engine was told to publish of a container, and what it does. */
    async function published(...publish: readonly string[]): Promise<readonly string[]> {
      const name = freshName('several')
      const args = publish.flatMap((port) => ['-p', port])
      const started = await docker(several.gate, ['run', '-d', '--name', name, ...args, ...serve])
      expect(started).toMatchObject({ code: 0, stderr: '' })
      const format = '{{json .NetworkSettings.Ports}}'
      const { stdout } = await engineDocker(engine, ['inspect', '-f', format, name])
      await docker(several.gate, ['rm', '-f', name])
      const bindings: Readonly<
        Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
      > = JSON.parse(stdout)
      return Object.values(bindings).flatMap((all) =>
        all.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`),
      )
    }

    test('a port is published on the address of its own', async () => {
      expect(await published(`${single}:8080`)).toEqual([`0.0.0.0:${single}`])
      expect(await published(`${other}:8080`)).toEqual([`127.0.0.1:${other}`])
    })

    test('as many as an engine takes of a range, none is one that browsers block', async () => {
      const { given, blocked } = partly[engine]
      const taken = await published(...given.map((_, index) => String(8080 + index)))
      expect(taken.toSorted()).toEqual(given.map((port) => `127.0.0.1:${port}`))
      expect(await published(`${blocked}:8080`)).toEqual([`127.0.0.1:${blocked}`])
    })

    test.each([
      ['on the address of another entry', `0.0.0.0:${other}:8080`],
      ['of none of them', `${from}:8080`],
      ['in a range from one to another', `${single}-${other}:8080`],
      ['on an address of none', `127.0.0.2:${single}:8080`],
    ])('a port %s is refused', async (_what, publish) => {
      const result = await docker(several.gate, ['run', '--rm', '-p', publish, 'busybox', 'true'])
      expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining('run.ports') })
    })
  })

  test('a container reaches another one of the worker by its namespace', async () => {
    const name = freshName('server')
    await docker(shared.gate, ['run', '-d', '--name', name, ...serve])
    const says = 'until wget -qO- http://127.0.0.1:8080/; do sleep 0.1; done'
    const result = await docker(shared.gate, [
      ...['run', '--rm', '--network', `container:${name}`, 'busybox', 'sh', '-c', `${says} 2>/dev/null`],
    ])
    expect(result).toMatchObject({ code: 0, stdout: 'hello\n' })
    await docker(shared.gate, ['rm', '-f', name])
  })

  test.each([['host'], ['container:no-such-container']])('--network %s is refused', async (network) => {
    const result = await docker(shared.gate, ['run', '--rm', '--network', network, 'busybox', 'true'])
    expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining('refused by policy') })
  })
})
