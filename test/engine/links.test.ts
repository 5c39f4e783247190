/** Links of a worker's containers: to its own, in its own words, and never to what is another's. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker, engineToRestart, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor, workDirectory } from '../support/policy.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const SLEEP = ['busybox', 'sleep', '1000']

describe.each(onEngines('new', 'old'))('links on the %s engine', (engine) => {
  const [reached, hidden, lent] = [freshName('reached'), freshName('hidden'), freshName('lent')]
  let gate: Gate
  const worker = (...args: readonly string[]): Promise<CommandResult> => docker(gate, args)
  const other = (...args: readonly string[]): Promise<CommandResult> =>
    docker(otherSocket(gate.directory), args)
  const operator = (...args: readonly string[]): Promise<CommandResult> => engineDocker(engine, args)
  const create = (body: object, name = freshName('created')) =>
    request(gate.socket, {
      method: 'POST',
      path: `/containers/create?name=${name}`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  const inspected = async (name: string, format: string): Promise<unknown> =>
    JSON.parse((await worker('inspect', '-f', `{{json ${format}}}`, name)).stdout)

  beforeAll(async () => {
    await operator('network', 'create', lent)
    for (const name of [reached, hidden])
      await operator('run', '-d', '--name', name, '-e', 'SECRET=theirs', ...SLEEP)
    const policy = (directory: string): string => {
      const allow = [...everything, 'network', 'exec', 'compose']
      const run = { names: 'own', networks: [lent] }
      return policyFor(directory, {
        allow,
        exec: { own: '*' },
        reach: { [reached]: ['inspect', 'stop'] },
        run,
      })
    }
    gate = await startGate({ engine, policy: withOther(policy) })
  })
  afterAll(async () => {
    await gate[Symbol.asyncDispose]()
    await operator('rm', '-f', reached, hidden)
    await operator('network', 'rm', lent)
  })

  test('on the default bridge an own container is found by the alias, with its environment', async () => {
    const [db, web] = [freshName('zdb'), freshName('web')]
    await worker('run', '-d', '--name', db, '-e', 'SECRET=mine', ...SLEEP)
    expect(await worker('run', '-d', '--name', web, '--link', `${db}:store`, ...SLEEP)).toMatchObject({
      code: 0,
    })
    expect((await worker('exec', web, 'env')).stdout).toContain('STORE_ENV_SECRET=mine\n')
    expect(await worker('exec', web, 'ping', '-c', '1', 'store')).toMatchObject({ code: 0 })
    // It is told as an engine tells it, in the worker's words.
    expect(await inspected(web, '.HostConfig.Links')).toEqual([`/${db}:/${web}/store`])
    const names = async (asking: typeof worker): Promise<readonly string[]> => {
      const { stdout } = await asking('ps', '--no-trunc', '--filter', `name=${db}`, '--format', '{{.Names}}')
      return stdout.trim().split(',').toSorted()
    }
    expect(await names(worker)).toEqual([`${web}/store`, db])
    expect(await names(operator)).toEqual([`ai-worker.${web}/store`, `ai-worker.${db}`])

    const { HostConfig, Config } = JSON.parse((await worker('inspect', web)).stdout)[0]
    expect(await create({ ...Config, Hostname: '', HostConfig }, `${web}-2`)).toMatchObject({ status: 201 })
    expect(await inspected(`${web}-2`, '.HostConfig.Links')).toEqual([`/${db}:/${web}-2/store`])
    expect(await worker('stop', '-t', '0', db)).toMatchObject({ code: 0 })
    expect(await worker('restart', '-t', '0', web)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Cannot link to a non running container: /${db} AS /${web}/store`),
    })
    expect(await worker('rm', '-f', web, `${web}-2`, db)).toMatchObject({ code: 0 })
  })

  test('on an own network it is found by its name and by the alias, and read back as it was written', async () => {
    const [net, db, web] = [freshName('net'), freshName('db'), freshName('web')]
    await worker('network', 'create', net)
    await worker('run', '-d', '--name', db, '--network', net, '-e', 'SECRET=mine', ...SLEEP)
    const links = ['--link', `${db}:store`, '--link', db]
    expect(await worker('run', '-d', '--name', web, '--network', net, ...links, ...SLEEP)).toMatchObject({
      code: 0,
    })
    for (const name of ['store', db])
      expect(await worker('exec', web, 'nslookup', '-type=a', name)).toMatchObject({ code: 0 })
    expect(await worker('exec', db, 'nslookup', '-type=a', 'store')).toMatchObject({ code: 1 })
    expect((await worker('exec', web, 'env')).stdout).not.toContain('SECRET')
    expect(await inspected(web, `(index .NetworkSettings.Networks "${net}").Links`)).toEqual([
      `${db}:store`,
      db,
    ])

    expect(await worker('network', 'disconnect', net, web)).toMatchObject({ code: 0 })
    expect(await worker('network', 'connect', '--link', `${db}:again`, net, web)).toMatchObject({ code: 0 })
    expect(await worker('exec', web, 'nslookup', '-type=a', 'again')).toMatchObject({ code: 0 })
    expect(await worker('rename', web, `${web}-2`)).toMatchObject({ code: 0 })
    expect(await worker('exec', `${web}-2`, 'nslookup', '-type=a', 'again')).toMatchObject({ code: 0 })
    await worker('rm', '-f', `${web}-2`, db)
    await worker('network', 'rm', net)
  })

  test('on a network of the operator’s it is found by this container alone', async () => {
    const [db, web] = [freshName('db'), freshName('web')]
    await worker('run', '-d', '--name', db, '--network', lent, ...SLEEP)
    await worker('run', '-d', '--name', web, '--network', lent, '--link', `${db}:store`, ...SLEEP)
    expect(await worker('exec', web, 'nslookup', '-type=a', 'store')).toMatchObject({ code: 0 })
    expect(await worker('exec', db, 'nslookup', '-type=a', 'store')).toMatchObject({ code: 1 })
    expect(await inspected(web, `(index .NetworkSettings.Networks "${lent}").Links`)).toEqual([`${db}:store`])
    await worker('rm', '-f', web, db)
  })

  test('what is not the worker’s is not there, on the bridge, on a network, and where one is joined', async () => {
    const [net, mine, theirs] = [freshName('net'), freshName('mine'), freshName('theirs')]
    await worker('network', 'create', net)
    await worker('run', '-d', '--name', mine, ...SLEEP)
    await other('run', '-d', '--name', theirs, '-e', 'SECRET=theirs', ...SLEEP)
    const id = async (name: string) => (await operator('inspect', '-f', '{{.Id}}', name)).stdout.trim()
    const references = [
      hidden,
      theirs,
      `other-worker.${theirs}`,
      await id(hidden),
      await id(`other-worker.${theirs}`),
    ]
    for (const reference of [...references, 'nowhere']) {
      const stderr = expect.stringContaining(
        `could not get container for ${reference}: No such container: ${reference}`,
      )
      const link = ['--link', `${reference}:a`]
      for (const network of [[], ['--network', net]])
        expect(await worker('create', ...network, ...link, 'busybox')).toMatchObject({
          stdout: '',
          stderr,
        })
      expect(await worker('network', 'connect', ...link, net, mine)).toMatchObject({ code: 1, stderr })
    }
    for (const args of [
      ['create', '--link', reached, 'busybox'],
      ['network', 'connect', '--link', reached, net, mine],
    ])
      expect(await worker(...args)).toMatchObject({ stderr: expect.stringContaining('run.links') })
    const left = (await worker('ps', '-a', '--format', '{{.Names}}')).stdout.trim().split('\n')
    expect(left).toEqual([mine, reached])
    await worker('rm', '-f', mine)
    await worker('network', 'rm', net)
    await other('rm', '-f', theirs)
  })

  test('links of a compose file are found by service and by alias, also when one is made anew', async () => {
    const directory = join(workDirectory(gate.directory), freshName('linked'))
    await mkdir(directory)
    const services = (says: string) => ({
      db: { image: 'busybox', command: 'sleep 1000', environment: { SAYS: says }, stop_grace_period: '0s' },
      web: { image: 'busybox', command: 'sleep 1000', links: ['db', 'db:store'], stop_grace_period: '0s' },
    })
    const compose = async (says: string, ...args: readonly string[]): Promise<CommandResult> => {
      await writeFile(join(directory, 'compose.yaml'), stringify({ services: services(says) }))
      return docker(gate, ['compose', '--ansi', 'never', ...args], { cwd: directory, timeout: 60_000 })
    }
    for (const says of ['one', 'two']) {
      expect(await compose(says, 'up', '-d')).toMatchObject({ code: 0 })
      for (const name of ['db', 'store'])
        expect(await compose(says, 'exec', '-T', 'web', 'ping', '-c', '1', name)).toMatchObject({ code: 0 })
    }
    // Nothing is made anew that has not changed.
    expect((await compose('two', 'up', '-d')).stderr).not.toMatch(/Recreate|Created/)
    expect(await compose('two', 'down')).toMatchObject({ code: 0 })
  })

  test('an alias gives nobody’s name away', async () => {
    const [mine, taken] = [freshName('mine'), freshName('taken')]
    await worker('run', '-d', '--name', mine, ...SLEEP)
    for (const alias of [`../${taken}`, `x/../../${taken}`, '..', `${hidden}/a`])
      expect(await create({ Image: 'busybox', HostConfig: { Links: [`${mine}:${alias}`] } })).toMatchObject({
        status: 400,
      })
    expect(await operator('inspect', taken)).toMatchObject({ code: 1 })
    expect((await operator('ps', '-a', '--format', '{{.Names}}')).stdout).not.toContain(taken)
    await worker('rm', '-f', mine)
  })
})

describe('an engine that is killed', () => {
  const engine = 'restart'
  const restartEngine = engineToRestart()

  test('a link leads to the container that it was made for, and not to another that has its name since', async () => {
    const policy = (directory: string): string =>
      policyFor(directory, { allow: [...everything, 'exec'], exec: { own: '*' } })
    await using gate = await startGate({ engine, policy })
    const [db, web] = [freshName('db'), freshName('web')]
    const run = ['run', '-d', '--name', db]
    await docker(gate, [...run, '-e', 'SECRET=mine', ...SLEEP])
    expect(await docker(gate, ['run', '-d', '--name', web, '--link', `${db}:store`, ...SLEEP])).toMatchObject(
      {
        code: 0,
      },
    )
    await restartEngine()
    await expect.poll(async () => (await docker(gate, ['start', db])).code).toBe(0)
    expect(await docker(gate, ['start', web])).toMatchObject({ code: 0 })
    expect((await docker(gate, ['exec', web, 'env'])).stdout).toContain('STORE_ENV_SECRET=mine\n')

    await docker(gate, ['rm', '-f', db])
    await engineDocker(engine, [...run, '-e', 'SECRET=theirs', ...SLEEP])
    await restartEngine()
    await engineDocker(engine, ['start', db])
    await expect.poll(async () => (await docker(gate, ['start', web])).code).toBe(0)
    expect((await docker(gate, ['exec', web, 'env'])).stdout).not.toContain('SECRET')
    await docker(gate, ['rm', '-f', web])
    await engineDocker(engine, ['rm', '-f', db])
  }, 120_000)
})
