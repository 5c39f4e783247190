/** A worker's names are its own: beside another worker and the operator, who use the same. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { recordOf } from '../support/audit.ts'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker, engineUrl, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor, workDirectory } from '../support/policy.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'
import { objectOf } from '../../src/shared/json-value.ts'

const words = ['network', 'volume', 'container prune', 'system prune', 'exec', 'rename', 'events', 'commit']

describe.each(onEngines('new', 'old'))('on the %s engine', (engine) => {
  const [reached, lent] = [freshName('reached'), freshName('lent')]
  let gate: Gate
  const worker = (...args: readonly string[]): Promise<CommandResult> => docker(gate, args)
  const other = (...args: readonly string[]): Promise<CommandResult> =>
    docker(otherSocket(gate.directory), args)
  const operator = (...args: readonly string[]): Promise<CommandResult> => engineDocker(engine, args)
  const get = async (path: string): Promise<unknown> => {
    const { body } = await request(gate.socket, { path })
    return JSON.parse(body)
  }

  beforeAll(async () => {
    await operator('network', 'create', lent)
    const policy = (directory: string): string => {
      const part = {
        allow: [...everything, ...words, 'compose'],
        exec: { own: '*' },
        reach: { [reached]: ['inspect'] },
        run: { names: 'own', networks: [lent] },
      }
      return policyFor(directory, part)
    }
    gate = await startGate({ engine, policy: withOther(policy) })
  })
  afterAll(async () => {
    for (const one of [worker, other]) await one('system', 'prune', '-af', '--volumes')
    await gate[Symbol.asyncDispose]()
    await operator('network', 'rm', lent)
  })

  test('what a worker makes is called so by the worker, and its own on the engine', async () => {
    const name = freshName('db')
    const all = [
      ['network', 'create', name],
      ['volume', 'create', name],
      ['run', '-d', '--name', name, '--network', name, '-v', `${name}:/data`, 'busybox', 'sleep', '1000'],
    ]
    for (const one of [worker, other])
      for (const args of all)
        expect([args, await one(...args)]).toMatchObject([args, { code: 0, stderr: '' }])
    for (const args of all) expect(await operator(...args)).toMatchObject({ code: 0 })

    for (const one of [worker, other]) {
      expect((await one('ps', '-a', '--format', '{{.Names}}')).stdout).toBe(`${name}\n`)
      expect((await one('volume', 'ls', '-q')).stdout).toBe(`${name}\n`)
      expect((await one('network', 'ls', '--filter', `name=${name}`, '--format', '{{.Name}}')).stdout).toBe(
        `${name}\n`,
      )
    }
    const names = (await operator('ps', '--format', '{{.Names}}')).stdout.trim().split('\n')
    expect(names).toEqual(expect.arrayContaining([name, `ai-worker.${name}`, `other-worker.${name}`]))
    const volumes = (await operator('volume', 'ls', '-q')).stdout.trim().split('\n')
    expect(volumes).toEqual(expect.arrayContaining([name, `ai-worker.${name}`, `other-worker.${name}`]))

    expect((await worker('exec', name, 'sh', '-c', `echo mine >/data/file; hostname`)).code).toBe(0)
    expect((await other('exec', name, 'cat', '/data/file')).code).toBe(1)
    const [seen] = JSON.parse((await worker('inspect', name)).stdout)
    expect(seen).toMatchObject({
      Name: `/${name}`,
      HostConfig: { NetworkMode: name, Binds: [`${name}:/data`] },
      Mounts: [{ Type: 'volume', Name: name }],
      Config: { Labels: {} },
    })
    expect(Object.keys(seen.NetworkSettings.Networks)).toEqual([name])
    expect(await recordOf(gate, '--operation', 'container.create')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          detail: expect.stringContaining(`"word":"${name}","name":"ai-worker.${name}"`),
        }),
      ]),
    )
    for (const one of [worker, other, operator]) {
      expect((await one('rm', '-f', name)).code).toBe(0)
      expect(await one('volume', 'rm', name)).toMatchObject({ code: 0, stdout: `${name}\n` })
      expect(await one('network', 'rm', name)).toMatchObject({ code: 0, stdout: `${name}\n` })
    }
  })

  test('nothing that is read has the engine’s names, but where a path of the host has', async () => {
    const name = freshName('all')
    await worker('network', 'create', '--label', 'a=b', name)
    const project = ['--label', 'com.docker.compose.project=shop']
    const flags = ['--network', name, '--network-alias', 'asked', '-v', `${name}:/data`, ...project]
    await worker(
      'run',
      '-d',
      '--name',
      name,
      ...flags,
      '--mount',
      `type=volume,src=${name}-2,dst=/more`,
      'busybox',
      'sleep',
      '1000',
    )
    await worker('create', '--name', `${name}-made`, '--network', name, 'busybox')
    const unnamed = (await worker('run', '-d', 'busybox', 'sleep', '1000')).stdout.trim()
    const reads = [
      '/containers/json?all=1',
      `/containers/${name}/json`,
      `/containers/${name}-made/json`,
      `/containers/${unnamed}/json`,
      `/containers/${name}/stats?stream=0`,
      '/networks',
      `/networks/${name}`,
      '/volumes',
      `/volumes/${name}`,
      '/system/df',
    ]
    for (const path of reads) {
      const text = JSON.stringify(await get(path), (key, value) =>
        ['Mountpoint', 'Source'].includes(key) ? '' : value,
      )
      expect([path, text]).toEqual([path, expect.not.stringContaining('ai-worker')])
      expect([path, text]).toEqual([path, expect.not.stringContaining('dockgate.')])
    }
    const now = Math.ceil(Date.now() / 1000)
    const events = await request(gate.socket, { path: `/events?since=${now - 100}&until=${now + 1}` })
    expect(events.body).toContain(`"name":"${name}"`)
    expect(events.body).not.toContain('ai-worker')

    // One whose network is gone, which is told in several lines.
    await worker('network', 'create', `${name}-gone`)
    await worker('create', '--name', `${name}-stray`, '--network', `${name}-gone`, 'busybox')
    await worker('network', 'rm', `${name}-gone`)
    expect((await worker('inspect', `${name}-stray`)).stdout).not.toMatch(
      /"ai-worker\.\w+"|ai-worker\.[^/]*":/,
    )
    const errors = [
      ['create', '--name', name, 'busybox'],
      ['volume', 'rm', name],
      ['network', 'rm', name],
      ['network', 'create', name],
      ['run', '--rm', '--network', 'container:nobody', 'busybox'],
      ['start', 'nobody'],
      ['start', `${name}-stray`],
    ]
    for (const args of errors) {
      const { code, stderr } = await worker(...args)
      expect([args, code]).not.toEqual([args, 0])
      expect([args, stderr]).toEqual([args, expect.not.stringMatching(/ai-worker\.\w/)])
    }
    const seen = objectOf(await get(`/containers/${name}/json`))
    expect(seen).toMatchObject({
      Config: { Labels: { 'com.docker.compose.project': 'shop' } },
      NetworkSettings: { Networks: { [name]: { Aliases: expect.arrayContaining(['asked']) } } },
    })
    expect(JSON.stringify(seen)).not.toContain(`${name}.${name}`)
    const shop = ['--filter', 'label=com.docker.compose.project=shop']
    expect((await worker('ps', '-q', '--no-trunc', ...shop)).stdout.trim()).toBe(seen['Id'])
    expect((await operator('ps', '-q', ...shop)).stdout).toBe('')
    await worker('rm', '-f', name, `${name}-made`, `${name}-stray`, unnamed)
  })

  test('names are looked up and filtered as an engine does, in the worker’s words', async () => {
    const base = freshName('find')
    const [one, two] = [`${base}-web.1`, `${base}-web-2`]
    for (const name of [one, two]) await worker('create', '--name', name, '--label', `of=${base}`, 'busybox')
    const found = async (...filters: readonly string[]): Promise<string> =>
      (
        await worker(
          'ps',
          '-a',
          '--format',
          '{{.Names}}',
          ...filters.flatMap((filter) => ['--filter', filter]),
        )
      ).stdout
    expect(await found(`name=^/${one}$`)).toBe(`${one}\n`)
    expect(await found(`name=^${base}-WEB`)).toBe('')
    expect(await found(`name=(?i)^/?${base}-WEB`)).toBe(`${two}\n${one}\n`)
    expect(await found(`name=${base}-web[.]1`)).toBe(`${one}\n`)
    expect(await found(`name=ai-worker`, `label=of=${base}`)).toBe('')
    expect(await found(`name=${base}`, 'name=nothing', `label=of`)).toBe(`${two}\n${one}\n`)
    expect(await found(`label=of=other`)).toBe('')
    const few = await worker('ps', '-n', '1', '--format', '{{.Names}}', '--filter', `name=${base}`)
    expect(few.stdout).toBe(`${two}\n`)
    // Patterns that take other engines of patterns for ever.
    const slow = `(${'a?'.repeat(25)})*${'a'.repeat(25)}b$`
    const begun = performance.now()
    expect(await found(`name=${slow}`)).toBe('')
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect((await worker('inspect', '-f', '{{.Name}}', `ai-worker.${one}`)).code).toBe(1)
    expect((await worker('rm', one, two)).code).toBe(0)
  })

  test('a container is found by its name on the worker’s networks, also after a rename', async () => {
    const [network, name, next] = [freshName('dns'), freshName('here'), freshName('there')]
    await worker('network', 'create', network)
    await worker(
      'run',
      '-d',
      '--name',
      name,
      '--network',
      network,
      '--network-alias',
      'asked',
      'busybox',
      'sleep',
      '1000',
    )
    const looks = async (host: string): Promise<number> =>
      (await worker('run', '--rm', '--network', network, 'busybox', 'nslookup', '-type=a', host)).code
    expect([
      await looks(name),
      await looks(`${name}.${network}`),
      await looks('asked'),
      await looks(next),
    ]).toEqual([0, 0, 0, 1])
    expect(await worker('rename', name, next)).toMatchObject({ code: 0, stderr: '' })
    expect([
      await looks(next),
      await looks(`${next}.${network}`),
      await looks('asked'),
      await looks(name),
    ]).toEqual([0, 0, 0, 1])
    const seen = JSON.parse((await worker('inspect', next)).stdout)[0].NetworkSettings.Networks[network]
    expect(seen.Aliases).toEqual(expect.arrayContaining(['asked']))
    expect(seen.Aliases).not.toContain(next)
    await worker('rm', '-f', next)
    await worker('network', 'rm', network)
  })

  test('names of what is given to a worker are not its own', async () => {
    expect(await worker('create', '--name', reached, 'busybox')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/refused by policy: create\.name[^]* for worker ai-worker\./),
    })
    expect(await worker('network', 'create', lent)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('network.name'),
    })
    for (const name of ['bridge', 'host', 'none', 'default'])
      expect(await worker('network', 'create', name)).toMatchObject({ code: 1 })
    const mine = freshName('mine')
    expect(await worker('create', '--name', mine, '--network', lent, 'busybox')).toMatchObject({ code: 0 })
    const [seen] = JSON.parse((await worker('inspect', mine)).stdout)
    expect(Object.keys(seen.NetworkSettings.Networks)).toEqual([lent])
    await worker('rm', mine)
  })

  test('what the operator calls like a worker’s is not the worker’s', async () => {
    const name = freshName('foreign')
    await operator('create', '--name', `ai-worker.${name}`, 'busybox')
    await operator('volume', 'create', `ai-worker.${name}`)
    await operator('network', 'create', `ai-worker.${name}`)
    for (const of of ['container', 'volume', 'network'])
      expect(await worker(of, 'inspect', name)).toMatchObject({ code: 1 })
    const { id } = objectOf(
      JSON.parse((await operator('inspect', '-f', '{"id":"{{.Id}}"}', `ai-worker.${name}`)).stdout),
    )
    const taken = await worker('create', '--name', name, 'busybox')
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining('already in use') })
    expect(taken.stderr).not.toContain(String(id))
    expect(await worker('volume', 'create', name)).toMatchObject({ code: 1 })
    expect(await worker('network', 'create', name)).toMatchObject({ code: 1 })
    for (const args of [['rm'], ['volume', 'rm'], ['network', 'rm']])
      await operator(...args, `ai-worker.${name}`)
  })

  describe('a project of compose', () => {
    const name = freshName('shop')
    const services = {
      db: {
        image: 'busybox',
        command: 'sh -c "cat /etc/hostname > /data/who; exec sleep 1000"',
        volumes: ['data:/data'],
        networks: { back: { aliases: ['store'] } },
        healthcheck: { test: ['CMD', 'test', '-e', '/data/who'], interval: '1s', retries: 30 },
        stop_grace_period: '0s',
      },
      web: {
        image: 'busybox',
        container_name: `${name}-front`,
        command: 'sleep 1000',
        depends_on: { db: { condition: 'service_healthy' } },
        networks: ['back', 'default'],
        stop_grace_period: '0s',
      },
      more: { image: 'busybox', command: 'sleep 1000', scale: 2, stop_grace_period: '0s' },
    }
    const file = { name, services, volumes: { data: {} }, networks: { back: {} } }
    const compose = async (target: string, ...args: readonly string[]): Promise<CommandResult> => {
      const directory = join(workDirectory(gate.directory), 'shop')
      await mkdir(directory, { recursive: true })
      await writeFile(join(directory, 'compose.yaml'), stringify(file))
      return docker(target, ['compose', '--ansi', 'never', ...args], {
        cwd: directory,
        timeout: 90_000,
        env: { DOCKER_BUILDKIT: '0' },
      })
    }

    test('stands three times on one host, and each is taken down by its own', async () => {
      const engineSocket = engineUrl(engine).replace('unix://', '')
      const targets = [gate.socket, otherSocket(gate.directory), engineSocket]
      const up = await Promise.all(targets.map((target) => compose(target, 'up', '-d', '--wait')))
      expect(up.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual([
        [0, ''],
        [0, ''],
        [0, ''],
      ])
      const hosts = new Set<string>()
      for (const target of targets) {
        const { stdout } = await compose(target, 'ps', '-a', '--format', '{{.Name}} {{.Service}} {{.State}}')
        expect(stdout.trim().split('\n').sort()).toEqual([
          `${name}-db-1 db running`,
          `${name}-front web running`,
          `${name}-more-1 more running`,
          `${name}-more-2 more running`,
        ])
        const ls = await compose(target, 'ls', '--format', 'json', '--filter', `name=^${name}$`)
        expect(parse(ls.stdout)).toMatchObject([{ Name: name, Status: 'running(4)' }])
        for (const host of ['db', 'store', `${name}-db-1`])
          expect((await compose(target, 'exec', '-T', 'web', 'nslookup', '-type=a', host)).code).toBe(0)
        hosts.add((await compose(target, 'exec', '-T', 'db', 'cat', '/data/who')).stdout)
        // A second time nothing is made anew.
        const again = await compose(target, 'up', '-d')
        expect(again.stderr).not.toMatch(/Creat|Recreat|Start/)
      }
      expect(hosts.size).toBe(3)
      for (const [index, target] of targets.entries()) {
        expect(await compose(target, 'down', '-v')).toMatchObject({ code: 0 })
        for (const left of targets.slice(index + 1))
          expect((await compose(left, 'ps', '-q')).stdout.trim().split('\n')).toHaveLength(4)
      }
      const all = await operator('ps', '-aq', '--filter', `name=${name}`)
      expect(all.stdout).toBe('')
    })

    test('is not found by the operator, whatever an image hands down', async () => {
      const [image, made] = [`docker.io/library/${freshName('handed')}:1`, freshName('handed')]
      const label = 'com.docker.compose.project'
      await docker(gate, ['build', '-q', '-t', image, '-'], {
        input: `FROM busybox\nLABEL ${label}=${name} com.docker.compose.service=db\n`,
        env: { DOCKER_BUILDKIT: '0' },
      })
      expect(await worker('create', '--name', made, image)).toMatchObject({ code: 0 })
      expect((await operator('ps', '-aq', '--filter', `label=${label}=${name}`)).stdout).toBe('')
      expect(
        (await worker('ps', '-a', '--filter', `label=${label}=${name}`, '--format', '{{.Names}}')).stdout,
      ).toBe(`${made}\n`)
      await worker('rm', made)
      await worker('rmi', image)
    })
  })

  test('prunes take the worker’s own alone, and tell them by its words', async () => {
    const name = freshName('gone')
    for (const one of [worker, operator]) {
      await one('network', 'create', name)
      await one('volume', 'create', name)
      await one('create', '--name', name, '--label', 'com.docker.compose.project=p', 'busybox')
    }
    expect(
      (await worker('container', 'prune', '-f', '--filter', 'label=com.docker.compose.project=q')).stdout,
    ).not.toMatch(/[0-9a-f]{12}/)
    const { stdout } = await worker('system', 'prune', '-f', '--volumes')
    expect(stdout).toContain(name)
    expect(stdout).not.toContain('ai-worker')
    expect((await worker('ps', '-aq')).stdout).toBe('')
    for (const args of [['rm'], ['network', 'rm'], ['volume', 'rm']])
      expect(await operator(...args, name)).toMatchObject({ code: 0 })
    await worker('volume', 'rm', name)
  })
})
