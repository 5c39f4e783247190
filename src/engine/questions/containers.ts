/** Questions of the gate's own about containers. */
import { listOf, objectOf, textOf, type Unknown } from '../../shared/json-value.ts'
import { ask, askJsonOrNothing } from '../ask.ts'
import type { Asker } from '../call-engine.ts'
import { apiPath, jsonRequest, plainRequest } from '../encoded.ts'
import type { Engine } from '../engine.ts'

const BOUNDS = { limit: 30_000, most: 8 * 2 ** 20 }
const OF_A_LIST = { limit: 60_000, most: 64 * 2 ** 20 }
/** A stop may take as long as the container asks for. */
const OF_A_STOP = { limit: 11 * 60_000, most: 2 ** 20 }

/** What an engine tells of a container; undefined where it has none of that id. @throws {EngineUnavailable} */
export async function inspectContainer(
  engine: Asker,
  minor: number,
  id: string,
): Promise<Unknown | undefined> {
  const request = plainRequest('GET', apiPath(minor, ['containers', id, 'json']))
  const container = await askJsonOrNothing(engine, request, BOUNDS)
  return container === undefined ? undefined : objectOf(container)
}

/** The host name that a container was given; undefined where it has the one of every container, the start of its id. @throws {EngineUnavailable} */
export async function givenHostname(engine: Asker, minor: number, id: string): Promise<string | undefined> {
  const container = await inspectContainer(engine, minor, id)
  const hostname = textOf(objectOf(container?.['Config'])['Hostname'])
  return id.startsWith(hostname) ? undefined : hostname
}

/** States in which a container runs, or is about to be something else; engines have different words for the others. */
const UNDER_WAY = ['running', 'paused', 'restarting', 'removing', 'stopping']

/** Those of some containers that don't run, with their sizes, which take an engine long to find out. @throws {EngineUnavailable} */
export async function stoppedContainers(
  engine: Asker,
  minor: number,
  ids: readonly string[],
): Promise<readonly unknown[]> {
  const all = listOf(await listed(engine, minor, { filters: new Map([['id', ids]]) })).map(objectOf)
  const stopped = all.filter(({ State }) => !UNDER_WAY.includes(textOf(State))).map(({ Id }) => textOf(Id))
  if (stopped.length === 0) return []
  return listOf(await listed(engine, minor, { size: true, filters: new Map([['id', stopped]]) }))
}

/** Whether a container was made from an image, or may have been. @throws {EngineUnavailable} */
export async function isImageInUse(engine: Asker, minor: number, image: string): Promise<boolean> {
  const containers = await listed(engine, minor, { filters: new Map([['ancestor', [image]]]) })
  return containers === undefined || listOf(containers).length > 0
}

/** Undefined where the engine refuses. */
function listed(engine: Asker, minor: number, query: object): Promise<unknown> {
  const request = plainRequest('GET', apiPath(minor, ['containers', 'json'], { all: true, ...query }))
  return askJsonOrNothing(engine, request, OF_A_LIST)
}

/** An engine's status, and its message where it failed. */
interface Done {
  readonly status: number
  readonly message: string
}

/** Takes the restart policy of a container away. @throws {EngineUnavailable} */
export function restartNoMore(engine: Engine, minor: number, id: string): Promise<Done> {
  const body = { RestartPolicy: { Name: 'no' } }
  return done(engine, jsonRequest('POST', apiPath(minor, ['containers', id, 'update']), body))
}

/** @throws {EngineUnavailable} */
export function stopContainer(engine: Engine, minor: number, id: string): Promise<Done> {
  return done(engine, plainRequest('POST', apiPath(minor, ['containers', id, 'stop'])))
}

/** @throws {EngineUnavailable} */
export function startContainer(engine: Engine, minor: number, id: string): Promise<Done> {
  return done(engine, plainRequest('POST', apiPath(minor, ['containers', id, 'start'])))
}

async function done(engine: Engine, request: ReturnType<typeof plainRequest>): Promise<Done> {
  const { status, text } = await ask(engine, request, OF_A_STOP)
  return { status, message: status < 400 ? '' : textOf(objectOf(JSON.parse(text))['message']) }
}
