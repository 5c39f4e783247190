/** What the gate asks an engine itself, to know what is there. */
import { EngineUnavailable, readWhole, type Engine } from '../engine/engine.ts'
import { NEWEST_MINOR } from '../decode/target.ts'
import { apiPath, plainRequest } from '../engine/encoded.ts'
import { listOf, objectOf, textOf } from '../shared/json-value.ts'
import type { Until } from '../shared/ending.ts'
import type { EngineLists } from './reconcile.ts'

/** Milliseconds until an engine must have begun its answer. */
export const ANSWER_LIMIT = 10_000
const LARGEST_LIST = 256 * 2 ** 20

/** The engine, and what ends all that is asked of it. */
export interface Asking {
  readonly engine: Engine
  readonly until: Until
}

export interface Ping {
  readonly minor: number
  readonly podman: boolean
  readonly pingHeaders: Readonly<Record<string, string>>
}

/** Whether it is an engine that answers, and which. @throws {EngineUnavailable} */
export async function ping(engine: Engine): Promise<Ping> {
  const answer = await engine.send(
    { method: 'GET', path: '/_ping', headers: {}, body: undefined },
    ANSWER_LIMIT,
  )
  await readWhole(answer, 1024)
  const version = /^1\.([0-9]{1,3})$/.exec(textOf(answer.headers['api-version']))?.[1]
  if (answer.statusCode !== 200 || version === undefined)
    throw new EngineUnavailable('what answers there is no Docker engine')
  const minor = Math.min(Number(version), NEWEST_MINOR)
  const pingHeaders = {
    'Api-Version': `1.${minor}`,
    Ostype: textOf(answer.headers.ostype),
    'Docker-Experimental': 'false',
  }
  return { minor, podman: answer.headers['libpod-api-version'] !== undefined, pingHeaders }
}

/** All that an engine has but images. @throws {EngineUnavailable} */
export async function listAll(asking: Asking, minor: number): Promise<EngineLists> {
  const [containers, volumes, networks] = await Promise.all([
    getJson(asking, minor, ['containers', 'json'], { all: true }),
    getJson(asking, minor, ['volumes']),
    getJson(asking, minor, ['networks']),
  ])
  return {
    containers: listOf(containers).map(objectOf),
    volumes: listOf(objectOf(volumes)['Volumes']).map(objectOf),
    networks: listOf(networks).map(objectOf),
  }
}

/** @throws {EngineUnavailable} */
export async function getJson(
  { engine, until }: Asking,
  minor: number,
  path: readonly string[],
  query = {},
): Promise<unknown> {
  const answer = await engine.send(plainRequest('GET', apiPath(minor, path, query)), ANSWER_LIMIT, until)
  const body = await readWhole(answer, LARGEST_LIST)
  if (answer.statusCode !== 200)
    throw new EngineUnavailable(`the engine answers ${answer.statusCode} to /${path.join('/')}`)
  return JSON.parse(body.toString())
}
