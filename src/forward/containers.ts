/** Questions of the gate's own about a container. */
import { apiPath, plainRequest } from '../rewrite/encoded.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import { readWhole, type Engine } from './engine.ts'

const LIMIT = 30_000
const LARGEST_ANSWER = 8 * 2 ** 20

/** The host name that a container was given; undefined where it has the one of every container, the start of its id. @throws {EngineUnavailable} */
export async function givenHostname(engine: Engine, minor: number, id: string): Promise<string | undefined> {
  const answer = await engine.send(plainRequest('GET', apiPath(minor, ['containers', id, 'json'])), LIMIT)
  const { Config } = objectOf(JSON.parse((await readWhole(answer, LARGEST_ANSWER)).toString()))
  const hostname = textOf(objectOf(Config)['Hostname'])
  return id.startsWith(hostname) ? undefined : hostname
}
