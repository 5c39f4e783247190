/** What clients and dashboards ask by the way, and print: as an engine would answer that has nothing but what the worker may see. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor } from '../support/policy.ts'

describe.each(onEngines('new', 'old'))('on the %s engine', (engine) => {
  let gate: Gate
  const reached = freshName('reached')
  const secret = `operator/${freshName('secret')}:1`
  const worker = (...args: readonly string[]): Promise<CommandResult> => docker(gate, args)
  const operator = (...args: readonly string[]): Promise<CommandResult> => engineDocker(engine, args)

  beforeAll(async () => {
    await engineDocker(engine, ['build', '-q', '-t', secret, '-'], {
      input: `FROM busybox\nENV MADE=${reached}\n`,
      env: { DOCKER_BUILDKIT: '0' },
    })
    const allow = [...everything.filter((word) => word !== 'inspect'), 'import', 'build', 'network']
    const reach = { [reached]: ['inspect'] }
    gate = await startGate({
      engine,
      policy: (directory) => policyFor(directory, { allow, reach, run: { names: 'own' } }),
    })
  })
  afterAll(async () => {
    await operator('rm', '-f', reached)
    await operator('rmi', '-f', secret)
    await gate[Symbol.asyncDispose]()
  })

  test('there are no plugins', async () => {
    expect(await worker('plugin', 'ls', '-q')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await request(gate.socket, { path: '/plugins' })).toMatchObject({ status: 200, body: '[]' })
    expect(await worker('plugin', 'install', '--grant-all-permissions', 'x')).toMatchObject({ code: 1 })
  })

  test('an import and a quiet build print one line, the id', async () => {
    for (const [args, input] of [
      [['import', '-', `${freshName('imported')}:1`], Buffer.alloc(1024)],
      [['build', '-q', '-t', freshName('built'), '-'], 'FROM busybox\nRUN echo built\n'],
    ] as const) {
      const { code, stdout } = await docker(gate, args, { input, env: { DOCKER_BUILDKIT: '0' } })
      expect(code).toBe(0)
      expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/)
      const { stdout: listed } = await worker('images', '-q', '--no-trunc')
      expect(listed).toContain(stdout.trim())
    }
  })

  test('info counts the images that may be seen, and no other', async () => {
    const count = async (): Promise<number> => Number((await worker('info', '-f', '{{.Images}}')).stdout)
    const before = await count()
    expect(before).toBeGreaterThan(0)
    await docker(gate, ['import', '-', `${freshName('counted')}:1`], { input: Buffer.alloc(1024 * 3) })
    const theirs = `operator/${freshName('theirs')}:1`
    await engineDocker(engine, ['import', '-', theirs], { input: Buffer.alloc(1024 * 5) })
    expect(await count()).toBeLessThanOrEqual(before + 1)
    await operator('rmi', theirs)
  })

  test('the default bridge tells its gateway, and no option of it', async () => {
    const [bridge] = JSON.parse((await worker('network', 'inspect', 'bridge')).stdout)
    const [raw] = JSON.parse((await operator('network', 'inspect', 'bridge')).stdout)
    expect(bridge.IPAM.Config[0].Gateway).toBe(raw.IPAM.Config[0].Gateway)
    expect(bridge).toMatchObject({ Options: {}, Labels: {} })
  })

  test('networks are pruned by name', async () => {
    const name = freshName('pruned')
    await worker('network', 'create', name)
    const { body } = await request(gate.socket, { method: 'POST', path: '/networks/prune' })
    expect(JSON.parse(body)).toEqual({ NetworksDeleted: [name] })
  })

  test('the inspect of a container in reach leads to its image, and to no other', async () => {
    await operator('create', '--name', reached, secret, 'true')
    const inspect = () => worker('inspect', '-f', '{{.Image}} {{.Config.Image}}', reached)
    await expect.poll(inspect).toMatchObject({ code: 0 })
    const [id = '', name = ''] = (await inspect()).stdout.trim().split(' ')
    for (const image of [id, name]) {
      const told = await worker('image', 'inspect', '-f', '{{json .Config.Env}} {{json .RepoTags}}', image)
      expect(told.stdout).toMatch(new RegExp(`MADE=${reached}.* (?:\\[\\]|null)\\n$`))
    }
    // It is seen, and nothing else.
    for (const args of [
      ['history', id],
      ['run', '--rm', '--pull', 'never', id, 'true'],
    ])
      expect((await worker(...args)).code).not.toBe(0)
    expect((await worker('images', '-q', '--no-trunc')).stdout).not.toContain(id)
    await operator('rm', reached)
    await expect.poll(() => worker('image', 'inspect', id)).toMatchObject({ code: 1 })
  })
})
