/** What an operator and another worker have beside a worker's own things, and all that a worker can ask for to find it. */
import { expect } from 'vitest'
import { objectOf, textOf } from '../../src/shared/json-value.ts'
import { ENDPOINTS, PARAMETERS } from '../engine-api/tables.ts'
import { docker } from './docker.ts'
import { engineDocker, type EngineName } from './engine.ts'
import { freshName } from './everything.ts'
import type { Gate } from './gate.ts'
import { request } from './http.ts'
import { otherSocket } from './two-workers.ts'

/** In each name, label, path and variable of the operator's and of the other worker's. */
export const THEIRS = freshName('theirs')
/** In those of the worker's own. */
export const MINE = freshName('mine')

/** What is asked for by name: the worker's own. */
const NAMES: Readonly<Record<string, string>> = {
  '/containers/{id}': `/containers/${MINE}`,
  '/images/{name}': `/images/docker.io/mine/${MINE}:1`,
  '/networks/{id}': `/networks/${MINE}`,
  '/volumes/{name}': `/volumes/${MINE}`,
}

/** Values of parameters, tried one by one and all at once. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  boolean: ['1', '0'],
  integer: ['0', '1000'],
}
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  path: ['/', '/etc/hosts', '/etc/resolv.conf'],
  ps_args: ['-ef'],
  tail: ['all'],
  names: [`docker.io/mine/${MINE}:1`],
  type: ['image', 'container', 'volume', 'build-cache'],
  scope: ['local'],
  since: ['0'],
  until: ['NOW'],
  filters: [
    '{}',
    '{"dangling":["true"]}',
    '{"dangling":["false"]}',
    '{"status":["running"]}',
    '{"driver":["bridge"]}',
  ],
}
/** Their answers have no end, or are a connection. */
const ENDLESS = ['ContainerAttachWebsocket', 'ImageSearch']

/** Paths, without a version, that ask for everything of an endpoint. */
function targetsOf(path: string, method: string): readonly string[] {
  const known = Object.entries(NAMES).find(([prefix]) => path.startsWith(prefix))
  const named = known === undefined ? path : path.replace(known[0], known[1])
  const values = PARAMETERS.filter(
    (one) => one.path === path && one.method === method && one.place === 'query',
  ).map(({ name, type }) => (SAMPLES[name] ?? VALUES[type] ?? []).map((value) => [name, value] as const))
  const least = new Map<string, string>()
  if (path.endsWith('/archive')) least.set('path', '/etc/hosts')
  if (path === '/images/get') least.set('names', `docker.io/mine/${MINE}:1`)
  if (path.endsWith('/logs')) least.set('stdout', '1')
  if (path === '/events') least.set('since', '0').set('until', 'NOW')
  // Without the second one, an engine waits for a second.
  if (path.endsWith('/stats')) return [`${named}?stream=0&one-shot=1`]
  const queries = [least, ...values.flat().map(([name, value]) => new Map([...least, [name, value]]))]
  queries.push(new Map([...values.flatMap((some) => some.slice(0, 1)), ...least]))
  return queries
    .filter((query) => query.get('follow') !== '1')
    .map((query) => `${named}?${new URLSearchParams([...query]).toString()}`)
}

/** Endpoints that are read, as method and path. */
export const READ = ENDPOINTS.filter(
  ({ method, path, operation }) =>
    ['GET', 'HEAD'].includes(method) && !path.startsWith('/exec') && !ENDLESS.includes(operation),
).map(({ method, path }) => [method, path] as const)

/** What no worker reads. */
const REFUSED = /^\/(?:configs|secrets|nodes|plugins\/|services|swarm|tasks|distribution)|attestations/

/** Asks a gate for everything of an endpoint, at each of some versions, and looks for others in it. @param words of theirs, and their ids */
export async function expectNothingOf(
  words: readonly string[],
  gate: Gate,
  [method, path]: readonly [method: string, path: string],
  versions: readonly string[],
): Promise<void> {
  let answered = 0
  for (const version of versions)
    for (const target of targetsOf(path, method)) {
      const now = String(Math.floor(Date.now() / 1000))
      const { status, headers, body } = await request(gate.socket, {
        method,
        path: `${version}${target.replace('NOW', now)}`,
      })
      if (status === 200) answered += 1
      const told = `${JSON.stringify(headers)}${statOf(headers)}${body}`
      const found = words.filter((word) => told.includes(word))
      expect({ method, target, found }).toEqual({ method, target, found: [] })
    }
  expect({ path, answered: answered > 0 }).toEqual({ path, answered: !REFUSED.test(path) })
}

function statOf(headers: object): string {
  return Buffer.from(textOf(objectOf(headers)['x-docker-container-path-stat']), 'base64').toString()
}

/** Makes all of it. Resolves with the ids of what is not the worker's. */
export async function makeAll(gate: Gate, engine: EngineName): Promise<readonly string[]> {
  await makeMine(gate)
  return [...(await makeTheirs(engine)), ...(await makeOthers(gate))]
}

/** Removes all of it. */
export async function removeAll(engine: EngineName): Promise<void> {
  const names = [MINE, `${THEIRS}-op`, `${THEIRS}-linked`, `${THEIRS}-other`]
  await engineDocker(engine, ['rm', '-f', '-v', ...names])
  await engineDocker(engine, ['network', 'rm', MINE, `${THEIRS}-net`, `${THEIRS}-other`])
  await engineDocker(engine, ['volume', 'rm', MINE, `${THEIRS}-vol`, `${THEIRS}-other`])
  const images = [`mine/${MINE}:1`, `${THEIRS}/bb:1`, `${THEIRS}/made:1`, `mine/${THEIRS}:1`]
  await engineDocker(engine, ['rmi', '-f', ...images])
}

async function done(
  result: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>,
): Promise<string> {
  const { code, stdout, stderr } = await result
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trim()
}

async function makeMine(gate: Gate): Promise<void> {
  await done(docker(gate, ['volume', 'create', MINE]))
  await done(docker(gate, ['network', 'create', MINE]))
  await done(
    docker(gate, [
      'run',
      '-d',
      '--name',
      MINE,
      '-v',
      `${MINE}:/data`,
      '--network',
      MINE,
      'busybox',
      'sleep',
      '600',
    ]),
  )
  await done(docker(gate, ['commit', MINE, `docker.io/mine/${MINE}:1`]))
}

/** The operator's own, and what it does with the worker's. Resolves with their ids. */
async function makeTheirs(engine: EngineName): Promise<readonly string[]> {
  const run = (...args: readonly string[]) => done(engineDocker(engine, args))
  const network = await run('network', 'create', '--label', `${THEIRS}=1`, `${THEIRS}-net`)
  await run('volume', 'create', '--label', `${THEIRS}=1`, `${THEIRS}-vol`)
  const options = ['--label', `${THEIRS}=1`, '-e', `SECRET=${THEIRS}`, '-v', `${THEIRS}-vol:/data`]
  const first = await run(
    'run',
    '-d',
    '--name',
    `${THEIRS}-op`,
    ...options,
    '--hostname',
    THEIRS,
    'busybox',
    'sleep',
    '600',
  )
  // On the worker's network, with its volume, and with a name for its container.
  const linked = [
    '--link',
    `${MINE}:${THEIRS}`,
    '--volumes-from',
    MINE,
    '--network',
    MINE,
    '--network-alias',
    THEIRS,
  ]
  const second = await run('run', '-d', '--name', `${THEIRS}-linked`, ...linked, 'busybox', 'sleep', '600')
  await run('network', 'connect', '--alias', THEIRS, `${THEIRS}-net`, MINE)
  await run('exec', '-d', MINE, 'sleep', '600')
  await run('tag', 'busybox', `${THEIRS}/bb:1`)
  await run('tag', `mine/${MINE}:1`, `${THEIRS}/bb:2`)
  await run('commit', '-m', THEIRS, `${THEIRS}-op`, `${THEIRS}/made:1`)
  await run('rmi', `${THEIRS}/bb:2`)
  await run('tag', `mine/${MINE}:1`, `${THEIRS}/bb:3`)
  const image = await run('image', 'inspect', '--format', '{{.Id}}', `${THEIRS}/made:1`)
  const execs: unknown = JSON.parse(await run('container', 'inspect', '--format', '{{json .ExecIDs}}', MINE))
  expect(execs).toHaveLength(1)
  return [network, first, second, ...[execs].flat().map(textOf), image.replace('sha256:', '')].map((id) =>
    id.slice(0, 12),
  )
}

/** The other worker's. Resolves with their ids. */
async function makeOthers(gate: Gate): Promise<readonly string[]> {
  const other = otherSocket(gate.directory)
  const name = `${THEIRS}-other`
  const run = (...args: readonly string[]) => done(docker(other, args))
  const network = await run('network', 'create', name)
  await run('volume', 'create', name)
  const options = [
    '--label',
    `${THEIRS}=1`,
    '-e',
    `SECRET=${THEIRS}`,
    '-v',
    `${name}:/data`,
    '--network',
    name,
  ]
  const container = await run('run', '-d', '--name', name, ...options, 'busybox', 'sleep', '600')
  return [network, container].map((id) => id.slice(0, 12))
}
