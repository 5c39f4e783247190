import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'

const ranges = { new: [21_000, 21_299], old: [21_300, 21_599] } as const
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
