/** Questions of the gate's own about images. */
import type { Until } from '../../shared/ending.ts'
import { listOf, objectOf, textOf, type Unknown } from '../../shared/json-value.ts'
import { ask, askJson, askJsonOrNothing } from '../ask.ts'
import type { Asker } from '../call-engine.ts'
import { apiPath, plainRequest } from '../encoded.ts'
import { EngineUnavailable, type Engine } from '../engine.ts'

const BOUNDS = { limit: 60_000, most: 16 * 2 ** 20 }
/** An engine that is busy took a minute and a half to list 200 images, with 40 builds under way. */
const OF_A_LIST = { limit: 30 * 60_000, most: 256 * 2 ** 20 }

/** What an engine tells of an image: its status, and what it has or why not. @throws {EngineUnavailable} */
export async function askForImage(
  engine: Asker,
  minor: number,
  reference: string,
  until?: Until,
): Promise<{ readonly status: number; readonly image: Unknown; readonly message: string }> {
  const request = plainRequest('GET', apiPath(minor, ['images', reference, 'json']))
  const { status, text } = await ask(engine, request, { ...BOUNDS, until })
  const image = objectOf(JSON.parse(text))
  return { status, image, message: textOf(image['message']) }
}

/**
 * An image by a name in full or by its id; undefined where there is none.
 * @throws {EngineUnavailable} also where the engine can't tell
 */
export async function inspectImage(
  engine: Asker,
  minor: number,
  reference: string,
): Promise<Unknown | undefined> {
  const { status, image } = await askForImage(engine, minor, reference)
  if (status === 404) return undefined
  if (status !== 200)
    throw new EngineUnavailable(`the engine answers ${status} when it is asked for an image`)
  return image
}

/**
 * The digest that a registry has under a name.
 * @param reference as people write it. @param auth credentials as they go into the header
 * @throws {EngineUnavailable}
 */
export async function askForDigest(
  engine: Asker,
  minor: number,
  reference: string,
  auth: string | undefined,
  until: Until,
): Promise<{ readonly status: number; readonly digest: string; readonly message: string }> {
  const plain = plainRequest('GET', apiPath(minor, ['distribution', reference, 'json']))
  const request = auth === undefined ? plain : plain.with({ 'X-Registry-Auth': auth })
  const { status, text } = await ask(engine, request, { ...BOUNDS, until })
  const { Descriptor, message } = objectOf(JSON.parse(text))
  return { status, digest: textOf(objectOf(Descriptor)['digest']), message: textOf(message) }
}

/** All images, steps of builds too: they are somebody's, and go with the image that is removed. @throws {EngineUnavailable} */
export async function listImages(engine: Engine, minor: number, until: Until): Promise<readonly Unknown[]> {
  const request = plainRequest('GET', apiPath(minor, ['images', 'json'], { all: true }))
  return listOf(await askJson(engine, request, { ...OF_A_LIST, until })).map(objectOf)
}

/** Images but for the steps of builds; none where the engine refuses. @throws {EngineUnavailable} */
export async function listTopImages(engine: Asker, minor: number): Promise<readonly Unknown[]> {
  const request = plainRequest('GET', apiPath(minor, ['images', 'json']))
  const bounds = { ...BOUNDS, most: 64 * 2 ** 20 }
  return listOf(await askJsonOrNothing(engine, request, bounds)).map(objectOf)
}
