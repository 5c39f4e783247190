import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines, kindOf } from '../support/engine.ts'
import { everything, freshName, gateForAll } from '../support/everything.ts'

const words = ['network', 'volume', 'container prune', 'system prune', 'exec']

describe.each(onEngines('new', 'old'))('on the %s engine', (engine) => {
  const [lent, hidden] = [freshName('net-lent'), freshName('net-hidden')]
  const shared = gateForAll(engine, { allow: [...everything, ...words], run: { networks: [lent] } })
  const worker = (...args: readonly string[]) => docker(shared.gate, args)

  async function operator(...args: readonly string[]): Promise<string> {
    const result = await engineDocker(engine, args)
    expect([args, result.code, result.stderr]).toEqual([args, 0, ''])
    return result.stdout.trim()
  }

  beforeAll(async () => {
    for (const name of [lent, hidden]) await operator('network', 'create', name)
  })
  afterAll(() => engineDocker(engine, ['network', 'rm', lent, hidden]))

  describe('a network', () => {
    test('is made, joined by name, left and removed', async () => {
      const [network, web, client] = [freshName('net'), freshName('net-web'), freshName('net-client')]
      expect(await worker('network', 'create', '--label', 'of=mine', network)).toMatchObject({ code: 0 })
      expect(await worker('network', 'inspect', '-f', '{{.Name}} {{.Labels.of}}', network)).toMatchObject({
        stdout: `${network} mine\n`,
      })
      await worker('run', '-d', '--name', web, '--network', network, 'busybox', 'sleep', '1000')
      await worker('run', '-d', '--name', client, 'busybox', 'sleep', '1000')
      const look = () => worker('exec', client, 'nslookup', '-type=a', 'alias-of-web')
      expect(await worker('network', 'connect', network, client)).toMatchObject({ code: 0, stderr: '' })
      expect(await worker('network', 'disconnect', network, web)).toMatchObject({ code: 0, stderr: '' })
      expect(await look()).toMatchObject({ code: 1 })
      const again = await worker('network', 'connect', '--alias', 'alias-of-web', network, web)
      expect(again).toMatchObject({ code: 0, stderr: '' })
      expect(await look()).toMatchObject({ code: 0 })
      await worker('rm', '-f', web, client)
      expect(await worker('network', 'rm', network)).toMatchObject({ code: 0, stdout: `${network}\n` })
      expect(await engineDocker(engine, ['network', 'inspect', network])).toMatchObject({ code: 1 })
    })

    test.each([
      ['another driver', ['--driver', 'macvlan'], 'Driver'],
      ['driver options', ['--opt', 'com.docker.network.bridge.name=docker9'], 'Options'],
      ['a chosen subnet', ['--subnet', '10.99.0.0/24'], 'run.subnets'],
    ] satisfies [string, string[], string][])('with %s is refused', async (_what, flags, says) => {
      const network = freshName('net')
      expect(await worker('network', 'create', ...flags, network)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(says),
      })
      expect(await engineDocker(engine, ['network', 'inspect', network])).toMatchObject({ code: 1 })
    })

    test('of the operator is neither listed, inspected, joined nor removed', async () => {
      const mine = freshName('net-mine')
      await worker('create', '--name', mine, 'busybox')
      const id = await operator('network', 'inspect', '-f', '{{.Id}}', hidden)
      expect((await worker('network', 'ls', '--format', '{{.Name}}')).stdout).not.toContain(hidden)
      for (const reference of [hidden, id]) {
        for (const args of [
          ['network', 'inspect', reference],
          ['network', 'connect', reference, mine],
          ['network', 'rm', reference],
        ]) {
          const result = await worker(...args)
          expect([args, result.code, result.stderr]).toEqual([args, 1, expect.stringContaining('not found')])
        }
        expect(await worker('run', '--rm', '--network', reference, 'busybox', 'true')).toMatchObject({
          code: 125,
        })
      }
      expect(await worker('network', 'create', hidden)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('network.name'),
      })
      expect(await operator('network', 'inspect', '-f', '{{.Id}}', hidden)).toBe(id)
      await worker('rm', mine)
    })

    test('of the operator that run.networks names is joined and left by own containers, not removed', async () => {
      const mine = freshName('net-mine')
      const started = await worker('run', '-d', '--name', mine, '--network', lent, 'busybox', 'sleep', '1000')
      expect(started).toMatchObject({ code: 0 })
      expect(await worker('network', 'disconnect', lent, mine)).toMatchObject({ code: 0, stderr: '' })
      expect(await worker('network', 'connect', lent, mine)).toMatchObject({ code: 0, stderr: '' })
      expect(
        await operator(
          'inspect',
          '-f',
          `{{len (index .NetworkSettings.Networks "${lent}").IPAddress}}`,
          mine,
        ),
      ).not.toBe('0')
      await worker('rm', '-f', mine)
      expect(await worker('network', 'rm', lent)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('network.own'),
      })
    })

    test('takes none of the operator’s containers', async () => {
      const [network, theirs] = [freshName('net'), freshName('net-theirs')]
      await operator('run', '-d', '--name', theirs, 'busybox', 'sleep', '1000')
      await worker('network', 'create', network)
      expect(await worker('network', 'connect', network, theirs)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('No such container'),
      })
      await worker('network', 'rm', network)
      await operator('rm', '-f', theirs)
    })
  })

  test('volumes are made, listed, inspected and removed, and none but own ones', async () => {
    const [mine, theirs] = [freshName('volume-mine'), freshName('volume-theirs')]
    await operator('volume', 'create', theirs)
    expect(await worker('volume', 'create', '--label', 'of=mine', mine)).toMatchObject({
      stdout: `${mine}\n`,
    })
    expect((await worker('volume', 'ls', '-q')).stdout.split('\n')).toContain(mine)
    expect((await worker('volume', 'ls', '-q')).stdout).not.toContain(theirs)
    expect(await worker('volume', 'inspect', '-f', '{{.Name}} {{.Labels.of}}', mine)).toMatchObject({
      stdout: `${mine} mine\n`,
    })
    expect(await worker('volume', 'inspect', theirs)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no such volume'),
    })
    expect(await worker('volume', 'rm', theirs)).toMatchObject({ code: 1 })
    const options = ['--opt', 'type=none', '--opt', 'o=bind', '--opt', 'device=/etc']
    expect(await worker('volume', 'create', ...options, freshName('volume'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('DriverOpts'),
    })
    expect(await worker('volume', 'rm', mine)).toMatchObject({ code: 0, stdout: `${mine}\n` })
    expect(await engineDocker(engine, ['volume', 'inspect', mine])).toMatchObject({ code: 1 })
    await operator('volume', 'rm', theirs)
  })

  /** Something of each kind that a prune takes, and a running container that it leaves. */
  async function makeThings(
    run: (...args: readonly string[]) => Promise<unknown>,
    name: string,
  ): Promise<void> {
    await run('create', '--name', `${name}-stopped`, 'busybox')
    await run('run', '-d', '--name', `${name}-running`, '-v', `${name}-used:/m`, 'busybox', 'sleep', '1000')
    await run('network', 'create', `${name}-network`)
    await run('volume', 'create', `${name}-volume`)
  }

  async function left(name: string): Promise<readonly string[]> {
    const containers = await operator('ps', '-a', '--filter', `name=${name}`, '--format', '{{.Names}}')
    const networks = await operator('network', 'ls', '--filter', `name=${name}`, '--format', '{{.Name}}')
    const volumes = await operator('volume', 'ls', '-q', '--filter', `name=${name}`)
    return [containers, networks, volumes].join('\n').split('\n').filter(Boolean).toSorted()
  }

  test.each([
    [
      'one kind at a time',
      [
        ['container', 'prune', '-f'],
        ['network', 'prune', '-f'],
        ['volume', 'prune', '-af'],
      ],
    ],
    ['all at once', [['system', 'prune', '-f']]],
  ])(
    'a prune of %s removes own things that nothing uses, and none of the operator’s',
    async (_what, prunes) => {
      const [mine, theirs] = [freshName('prune-mine'), freshName('prune-theirs')]
      await makeThings(worker, mine)
      await makeThings(operator, theirs)
      // The older command line asks for no `all`, and its API has no such filter.
      const fit =
        kindOf(engine) === 'old'
          ? prunes.map((args) => args.map((word) => word.replace('-af', '-f')))
          : prunes
      for (const args of fit) {
        const result = await worker(...args)
        expect([args, result.code, result.stderr]).toEqual([args, 0, ''])
        expect(result.stdout).not.toContain(theirs)
      }
      const kept = prunes.length > 1 ? [] : [`${mine}-volume`]
      expect(await left(mine)).toEqual([`${mine}-running`, `${mine}-used`, ...kept])
      const all = ['network', 'running', 'stopped', 'used', 'volume'].map((what) => `${theirs}-${what}`)
      expect(await left(theirs)).toEqual(all)
      await worker('rm', '-f', `${mine}-running`)
      await worker('volume', 'rm', `${mine}-used`, ...kept)
      await operator('rm', '-f', `${theirs}-running`, `${theirs}-stopped`)
      await operator('volume', 'rm', `${theirs}-used`, `${theirs}-volume`)
      await operator('network', 'rm', `${theirs}-network`)
    },
  )
})
