/** Questions of the gate's own about networks. */
import { listOf, objectOf, textOf, type Unknown } from '../../shared/json-value.ts'
import { ask, askJsonOrNothing } from '../ask.ts'
import type { Asker } from '../call-engine.ts'
import { apiPath, jsonRequest, plainRequest } from '../encoded.ts'

const BOUNDS = { limit: 60_000, most: 64 * 2 ** 20 }

/** Networks that no container is on; none where the engine refuses. @throws {EngineUnavailable} */
export async function unusedNetworks(engine: Asker, minor: number): Promise<readonly Unknown[]> {
  const filters = new Map([['dangling', ['true']]])
  const request = plainRequest('GET', apiPath(minor, ['networks'], { filters }))
  return listOf(await askJsonOrNothing(engine, request, BOUNDS)).map(objectOf)
}

/** Takes a container off a network and puts it there again. @returns what the engine says of it where it does not @throws {EngineUnavailable} */
export async function rejoin(
  engine: Asker,
  minor: number,
  network: string,
  Container: string,
  EndpointConfig: object,
): Promise<string | undefined> {
  const bodies = { disconnect: { Container, Force: false }, connect: { Container, EndpointConfig } }
  for (const [word, body] of Object.entries(bodies)) {
    const { status, text } = await ask(
      engine,
      jsonRequest('POST', apiPath(minor, ['networks', network, word]), body),
      BOUNDS,
    )
    if (status >= 400) return textOf(objectOf(JSON.parse(text))['message'])
  }
  return undefined
}
