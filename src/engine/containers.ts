/** Questions of the gate's own about a container. */
import { apiPath, plainRequest } from './encoded.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import type { Asker } from './call-engine.ts'
import { readWhole } from './engine.ts'

const LIMIT = 30_000
const LARGEST_ANSWER = 8 * 2 ** 20

/** What an engine tells of a container; undefined where it has none of that id. @throws {EngineUnavailable} */
export async function inspectContainer(
  engine: Asker,
  minor: number,
  id: string,
): Promise<Unknown | undefined> {
  const answer = await engine.send(plainRequest('GET', apiPath(minor, ['containers', id, 'json'])), LIMIT)
  const body = await readWhole(answer, LARGEST_ANSWER)
  return answer.statusCode === 200 ? objectOf(JSON.parse(body.toString())) : undefined
}

/** The host name that a container was given; undefined where it has the one of every container, the start of its id. @throws {EngineUnavailable} */
export async function givenHostname(engine: Asker, minor: number, id: string): Promise<string | undefined> {
  const container = await inspectContainer(engine, minor, id)
  const hostname = textOf(objectOf(container?.['Config'])['Hostname'])
  return id.startsWith(hostname) ? undefined : hostname
}
