/** What the gate asks an engine itself, to know what it is and what is there. */
import type { IncomingMessage } from 'node:http'
import type { Until } from '../../shared/ending.ts'
import { listOf, objectOf, textOf, type Unknown } from '../../shared/json-value.ts'
import { askJson } from '../ask.ts'
import { apiPath, plainRequest, type Parameters } from '../encoded.ts'
import { EngineUnavailable, readWhole, type Engine } from '../engine.ts'

/** Milliseconds until an engine must have begun its answer. */
const ANSWER_LIMIT = 10_000
const LARGEST_VERSION = 2 ** 20
const LARGEST_LIST = 256 * 2 ** 20

/** The engine, and what ends all that is asked of it. */
export interface Asking {
  readonly engine: Engine
  readonly until: Until
}

/** What an engine lists, as it lists it. */
export interface EngineLists {
  readonly containers: readonly Unknown[]
  readonly volumes: readonly Unknown[]
  readonly networks: readonly Unknown[]
}

/** Minor API versions. */
export interface Spoken {
  readonly oldest: number
  readonly newest: number
}

export interface Ping {
  /** What engine and gate both speak. */
  readonly spoken: Spoken
  readonly podman: boolean
  readonly pingHeaders: Readonly<Record<string, string>>
  /** The engine's answer to `version`. */
  readonly version: Unknown
}

/**
 * Whether it is an engine that answers, and which.
 * @param own versions that the gate speaks. @throws {EngineUnavailable} also where the two have none in common
 */
export async function ping({ engine, until }: Asking, own: Spoken): Promise<Ping> {
  const answer = await engine.send(plainRequest('GET', '/_ping'), ANSWER_LIMIT)
  await readWhole(answer, 1024)
  const newest = minorOf(answer.headers['api-version'])
  if (answer.statusCode !== 200 || newest === undefined)
    throw new EngineUnavailable('what answers there is no Docker engine')
  // Without a version, as which of them it takes is what it tells.
  const request = plainRequest('GET', '/version')
  const version = objectOf(
    await askJson(engine, request, { limit: ANSWER_LIMIT, most: LARGEST_VERSION, until }),
  )
  const oldest = minorOf(version['MinAPIVersion']) ?? own.oldest
  const spoken = { oldest: Math.max(oldest, own.oldest), newest: Math.min(newest, own.newest) }
  if (spoken.oldest > spoken.newest) {
    const versions = `API versions 1.${oldest} to 1.${newest} are spoken by the engine`
    throw new EngineUnavailable(`${versions}, 1.${own.oldest} to 1.${own.newest} by dockgate`)
  }
  const pingHeaders = {
    'Api-Version': `1.${spoken.newest}`,
    Ostype: textOf(answer.headers.ostype),
    'Docker-Experimental': 'false',
  }
  return { spoken, podman: answer.headers['libpod-api-version'] !== undefined, pingHeaders, version }
}

function minorOf(version: unknown): number | undefined {
  const minor = /^1\.([0-9]{1,3})$/.exec(textOf(version))?.[1]
  return minor === undefined ? undefined : Number(minor)
}

/** `info`, and what Podman tells in its own. @throws {EngineUnavailable} */
export async function aboutEngine(
  asking: Asking,
  minor: number,
  podman: boolean,
): Promise<{ readonly info: Unknown; readonly libpod: Unknown }> {
  const [info, libpod] = await Promise.all([
    get(asking, minor, 'info'),
    podman ? get(asking, minor, 'libpod/info') : undefined,
  ])
  return { info: objectOf(info), libpod: objectOf(libpod) }
}

/** All that an engine has but images. @throws {EngineUnavailable} */
export async function listAll(asking: Asking, minor: number): Promise<EngineLists> {
  const [containers, volumes, networks] = await Promise.all([
    get(asking, minor, 'containers/json', { all: true }),
    get(asking, minor, 'volumes'),
    listNetworks(asking, minor),
  ])
  return {
    containers: listOf(containers).map(objectOf),
    volumes: listOf(objectOf(volumes)['Volumes']).map(objectOf),
    networks,
  }
}

/** @throws {EngineUnavailable} */
export async function listNetworks(asking: Asking, minor: number): Promise<readonly Unknown[]> {
  return listOf(await get(asking, minor, 'networks')).map(objectOf)
}

/** The stream of events of these kinds. @throws {EngineUnavailable} */
export async function followEvents(
  { engine, until }: Asking,
  minor: number,
  types: readonly string[],
  actions: readonly string[],
): Promise<IncomingMessage> {
  const filters = new Map([
    ['type', types],
    ['event', actions],
  ])
  const request = plainRequest('GET', apiPath(minor, ['events'], { filters }))
  const stream = await engine.send(request, ANSWER_LIMIT, until)
  if (stream.statusCode === 200) return stream
  stream.destroy()
  throw new EngineUnavailable(`the engine answers ${stream.statusCode} to /events`)
}

function get(
  { engine, until }: Asking,
  minor: number,
  path: string,
  query: Parameters = {},
): Promise<unknown> {
  const request = plainRequest('GET', apiPath(minor, [path], query))
  return askJson(engine, request, { limit: ANSWER_LIMIT, most: LARGEST_LIST, until })
}
