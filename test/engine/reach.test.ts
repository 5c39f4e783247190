/** Rights on the operator's containers hang on what the operator called them, whatever workers rename them to. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { afterEach, describe, expect, test } from 'vitest'
import { objectOf } from '../../src/shared/json-value.ts'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import type { DockerPart } from '../support/policy.ts'
import { until } from '../support/process.ts'
import { startRelay } from '../support/relay.ts'
import { otherSocket } from '../support/two-workers.ts'

/** A policy of two workers, each with its own reach. */
function reaching(one: DockerPart, other: DockerPart = {}): (directory: string) => string {
  return (directory) => {
    const worker = (part: DockerPart) =>
      objectOf(objectOf(objectOf(parse(generousPolicy(part)(directory)))['workers'])['ai-worker'])
    const second = { ...worker(other), socket: otherSocket(directory) }
    return stringify(
      { version: 1, workers: { 'ai-worker': worker(one), 'other-worker': second } },
      { aliasDuplicateObjects: false },
    )
  }
}

describe.each(onEngines('new', '26'))('on the %s engine', (engine) => {
  const made: string[] = []

  async function operator(...args: readonly string[]): Promise<string> {
    const result = await engineDocker(engine, args)
    expect([args, result.code, result.stderr]).toEqual([args, 0, ''])
    return result.stdout.trim()
  }

  /** A container of the operator's. Returns its id. */
  async function start(name: string): Promise<string> {
    const id = await operator('run', '-d', '--name', name, 'busybox', 'sh', '-c', 'echo up; exec sleep 1000')
    made.push(id)
    return id
  }

  afterEach(async () => {
    if (made.length > 0) await engineDocker(engine, ['rm', '-f', ...made.splice(0)])
  })

  const nameOf = (id: string) => operator('inspect', '-f', '{{.Name}}', id)
  const names = (...prefixes: readonly string[]): readonly string[] =>
    prefixes.map((prefix) => freshName(prefix))

  /** What a worker is told of a command on a container. */
  async function told(target: { readonly socket: string }, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await docker(target, args)
    return code === 0 ? stdout : stderr
  }

  /** Asks until the gate has heard of what the operator did. */
  const hears = (target: { readonly socket: string }, name: string) =>
    until(
      async () => (await docker(target, ['ps', '-a', '--format', '{{.Names}}'])).stdout.includes(name),
      name,
    )

  test('a rename to a name that a policy names is refused, and gives no rights', async () => {
    const [web = '', db = '', theirs = '', run = ''] = names('web', 'db', 'theirs', 'run')
    await using gate = await startGate({
      engine,
      policy: reaching(
        { reach: { [web]: ['rename'], [db]: ['exec', 'logs', 'rm'] }, exec: { [run]: ['id'] } },
        { reach: { [theirs]: ['exec'] } },
      ),
    })
    const id = await start(web)
    await hears(gate, web)
    for (const taken of [db, theirs, run, `/${db}`]) {
      const answer = await told(gate, 'rename', web, taken)
      expect([taken, answer]).toEqual([taken, expect.stringContaining('refused by policy: rename.name')])
    }
    expect(await nameOf(id)).toBe(`/${web}`)
    expect(await told(gate, 'exec', id, 'id')).toContain(`docker.reach.${web}`)
    expect(await docker({ socket: otherSocket(gate.directory) }, ['exec', id, 'id'])).toMatchObject({
      code: 1,
    })
  })

  test('a chain of three renames moves no right', async () => {
    const [a = '', b = '', c = '', free = ''] = names('a', 'b', 'c', 'free')
    const reach = { [a]: ['rename', 'logs'], [b]: ['rename', 'exec'], [c]: ['rename', 'top'] }
    await using gate = await startGate({ engine, policy: reaching({ reach }) })
    const [idA, idB, idC] = [await start(a), await start(b), await start(c)]
    await hears(gate, c)
    expect(await docker(gate, ['rename', a, free])).toMatchObject({ code: 0 })
    for (const [from, to] of [
      [b, a],
      [c, a],
      [c, b],
    ] as const)
      expect(await told(gate, 'rename', from, to)).toContain('rename.name')
    const moved = names('b', 'c')
    expect(await docker(gate, ['rename', b, moved[0] ?? ''])).toMatchObject({ code: 0 })
    expect(await docker(gate, ['rename', c, moved[1] ?? ''])).toMatchObject({ code: 0 })
    for (const [from, to] of [
      [free, b],
      [moved[0], c],
      [moved[1], a],
    ] as const)
      expect(await told(gate, 'rename', from ?? '', to)).toContain('rename.name')
    expect([await nameOf(idA), await nameOf(idB), await nameOf(idC)]).toEqual(
      [free, ...moved].map((name) => `/${name}`),
    )
    // Each under its new name as under its old one.
    expect(await told(gate, 'logs', free)).toBe('up\n')
    expect(await told(gate, 'exec', free, 'id')).toContain(`docker.reach.${a}`)
    expect(await told(gate, 'exec', moved[0] ?? '', 'echo', 'in')).toBe('in\n')
    expect(await told(gate, 'logs', moved[0] ?? '')).toContain(`docker.reach.${b}`)
    expect(await told(gate, 'top', moved[1] ?? '')).toContain('sleep 1000')
    // Back to its own name is not a rise.
    expect(await docker(gate, ['rename', free, a])).toMatchObject({ code: 0 })
    expect(await told(gate, 'logs', a)).toBe('up\n')
    expect(await nameOf(idA)).toBe(`/${a}`)
  })

  test('what one worker renames stays in the reach of the other, by the new name', async () => {
    const [web = '', moved = ''] = names('web', 'moved')
    await using gate = await startGate({
      engine,
      policy: reaching({ reach: { [web]: ['rename'] } }, { reach: { [web]: ['logs'] } }),
    })
    const other = { socket: otherSocket(gate.directory) }
    await start(web)
    await hears(gate, web)
    expect(await docker(gate, ['rename', web, moved])).toMatchObject({ code: 0 })
    expect(await told(other, 'logs', moved)).toBe('up\n')
    expect(await told(other, 'rename', moved, freshName('x'))).toContain(`docker.reach.${web}`)
    expect(await told(gate, 'logs', moved)).toContain(`docker.reach.${web}`)
    // The old name stays the operator's: no container of a worker's is found in its place.
    expect(await told(gate, 'create', '--name', web, 'busybox')).toContain('create.name')
    expect(await told(other, 'logs', web)).toContain('No such container')
  })

  test.each(['stopped', 'killed'])('rights stay where they are when the gate was %s since', async (how) => {
    const [web = '', moved = ''] = names('web', 'moved')
    const policy = reaching({ reach: { [web]: ['rename', 'logs'], [moved]: ['exec'] } })
    const before = reaching({ reach: { [web]: ['rename', 'logs'] } })
    await using gate = await startGate({ engine, policy: before })
    const id = await start(web)
    await hears(gate, web)
    expect(await docker(gate, ['rename', web, moved])).toMatchObject({ code: 0 })
    await (how === 'killed' ? gate.kill9() : gate.stop())
    await using again = await startGate({ engine, policy, directory: gate.directory })
    expect(await told(again, 'logs', moved)).toBe('up\n')
    expect(await told(again, 'exec', id, 'id')).toContain(`docker.reach.${web}`)
    expect(again.output().stderr).toContain(`${moved} is a name that a worker gave to the operator's ${web}`)
  })

  test('a gate that is killed between the rename and its answer knows who gave the name', async () => {
    const [web = '', moved = ''] = names('web', 'moved')
    await using relay = await startRelay(engine)
    await using gate = await startGate({
      engineUrl: relay.url,
      policy: reaching({ reach: { [web]: ['rename', 'logs'] } }),
    })
    const id = await start(web)
    await hears(gate, web)
    const held = relay.hold(/rename/)
    const lost = docker(gate, ['rename', web, moved])
    await held.came
    await gate.kill9()
    expect(await lost).toMatchObject({ code: 1 })
    // The engine does what it was asked for.
    await operator('rename', id, moved)
    await using again = await startGate({
      engine,
      policy: reaching({ reach: { [web]: ['rename', 'logs'], [moved]: ['exec'] } }),
      directory: gate.directory,
    })
    expect(await told(again, 'logs', id)).toBe('up\n')
    expect(await told(again, 'exec', id, 'id')).toContain(`docker.reach.${web}`)
  })

  test('a rename whose answer is lost is known for the worker’s by its event', async () => {
    const [web = '', moved = ''] = names('web', 'moved')
    await using relay = await startRelay(engine)
    await using gate = await startGate({
      engineUrl: relay.url,
      policy: reaching({ reach: { [web]: ['rename', 'logs'] } }),
    })
    const id = await start(web)
    await hears(gate, web)
    const held = relay.hold(/rename/)
    const lost = docker(gate, ['rename', web, moved])
    await held.came
    await relay.cut()
    expect(await lost).toMatchObject({ code: 1 })
    await relay.resume()
    await hears(gate, web)
    // Asked again while it is not known what came of the first: one at a time.
    expect(await told(gate, 'rename', id, freshName('x'))).toContain('another rename of it is under way')
    await operator('rename', id, moved)
    await hears(gate, moved)
    await writeFile(
      join(gate.directory, 'policy.yaml'),
      reaching({ reach: { [web]: ['rename', 'logs'], [moved]: ['exec'] } })(gate.directory),
    )
    await until(() => gate.output().stderr.includes('in force'), 'the new policy')
    expect(await told(gate, 'logs', moved)).toBe('up\n')
    expect(await told(gate, 'exec', moved, 'id')).toContain(`docker.reach.${web}`)
  })

  test('a name that a policy names later is not bound to what a worker called so, and the operator is told', async () => {
    const [web = '', moved = ''] = names('web', 'moved')
    await using gate = await startGate({ engine, policy: reaching({ reach: { [web]: ['rename', 'logs'] } }) })
    const id = await start(web)
    await hears(gate, web)
    expect(await docker(gate, ['rename', web, moved])).toMatchObject({ code: 0 })
    const later = reaching({ reach: { [web]: ['logs'], [moved]: ['exec'] } })
    await writeFile(join(gate.directory, 'policy.yaml'), later(gate.directory))
    await until(() => gate.output().stderr.includes('in force'), 'the new policy')
    expect(gate.output().stderr).toContain(`${moved} is a name that a worker gave to the operator's ${web}`)
    expect(await told(gate, 'exec', moved, 'id')).toContain(`docker.reach.${web}`)
    // By the operator's hand it is.
    await operator('rename', id, freshName('between'))
    await operator('rename', id, moved)
    await until(async () => (await docker(gate, ['exec', moved, 'true'])).code === 0, 'the name to be bound')
    expect(await told(gate, 'logs', moved)).toContain(`docker.reach.${moved}`)
  })

  test('a container that the operator makes anew under the name has its rights, and the renamed one keeps them', async () => {
    const [web = '', moved = ''] = names('web', 'moved')
    await using gate = await startGate({ engine, policy: reaching({ reach: { [web]: ['rename', 'logs'] } }) })
    const old = await start(web)
    await hears(gate, web)
    expect(await docker(gate, ['rename', web, moved])).toMatchObject({ code: 0 })
    const anew = await start(web)
    await hears(gate, web)
    for (const reference of [web, moved, old, anew]) expect(await told(gate, 'logs', reference)).toBe('up\n')
    expect(await told(gate, 'rename', anew, moved)).toContain('already in use')
    for (const reference of [web, moved])
      expect(await told(gate, 'exec', reference, 'id')).toContain(`docker.reach.${web}`)
    await operator('rm', '-f', old)
    expect(await docker(gate, ['rename', web, moved])).toMatchObject({ code: 0 })
    expect(await nameOf(anew)).toBe(`/${moved}`)
  })

  test('rights follow the names that the operator gives', async () => {
    const [web = '', db = '', spare = ''] = names('web', 'db', 'spare')
    await using gate = await startGate({
      engine,
      policy: reaching({ reach: { [web]: ['logs'], [db]: ['top'] } }),
    })
    const [one, two] = [await start(web), await start(spare)]
    await hears(gate, web)
    await operator('rename', web, db)
    await operator('rename', spare, web)
    await until(async () => (await docker(gate, ['top', db])).code === 0, 'the names to be known')
    await until(async () => (await docker(gate, ['logs', web])).code === 0, 'the names to be known')
    expect(await told(gate, 'logs', one)).toContain(`docker.reach.${db}`)
    expect(await told(gate, 'top', two)).toContain(`docker.reach.${web}`)
    await gate.stop()
    await operator('rename', db, freshName('hidden'))
    await using again: Gate = await startGate({
      engine,
      policy: reaching({ reach: { [web]: ['logs'], [db]: ['top'] } }),
      directory: gate.directory,
    })
    expect(await told(again, 'top', one)).toContain('No such container')
    expect(await told(again, 'logs', two)).toBe('up\n')
  })

  test('a network by a name that another worker’s policy names is not made', async () => {
    const network = freshName('net')
    await using gate = await startGate({
      engine,
      policy: reaching({ allow: ['network', 'create'] }, { run: { networks: [network] } }),
    })
    expect(await told(gate, 'network', 'create', network)).toContain('network.name')
    const { status } = await request(gate.socket, { method: 'GET', path: `/networks/${network}` })
    expect(status).toBe(404)
    expect(await engineDocker(engine, ['network', 'inspect', network])).toMatchObject({ code: 1 })
  })
})
