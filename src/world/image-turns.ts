/**
 * Turns of calls that give or take names of images: an engine has no way to do so only if nothing has changed. What a turn is about
 * is asked of the engine at its beginning, and no other call of a worker's changes it until its end.
 */
import type { ImageSight } from './image-sight.ts'
import { ownParents, type Images } from './images.ts'
import type { Ownership } from './ownership.ts'
import type { Until } from '../shared/ending.ts'
import { KeyedTurns, NoTurn, type Hold, type Keys } from '../shared/keyed-turns.ts'

/** Times that a removal begins anew, as its image has got other names meanwhile. */
const MOST_TRIES = 8

/** What is done in a turn. */
export interface Work<T> {
  /** Does it by what is known, where nobody but the worker changes that; undefined where an engine has to be asked first. */
  readonly asKnown: () => Promise<T | undefined>
  /** @param known what is there at the beginning of the turn */
  readonly anew: (known: Images) => Promise<T>
}

export class ImageTurns {
  readonly #sight: Pick<ImageSight, 'look' | 'whenKnown'>
  readonly #ownership: Ownership
  readonly #turns = new KeyedTurns()

  constructor(sight: Pick<ImageSight, 'look' | 'whenKnown'>, ownership: Ownership) {
    this.#sight = sight
    this.#ownership = ownership
  }

  /**
   * To give names to an image.
   * @param gone gives the place up. @throws {NoTurn | EngineUnavailable} and what the work throws
   */
  give<T>(
    worker: string,
    names: readonly string[],
    image: string,
    { asKnown, anew }: Work<T>,
    gone?: Until,
  ): Promise<T> {
    const alone = names.map((name) => [name, 'exclusive'] as const)
    const keys = new Map<string, Hold>([[image, 'shared'], ...alone])
    const turn = async (): Promise<T> => (await asKnown()) ?? anew(await this.#anew(keys))
    return this.#turns.run(worker, keys, turn, gone)
  }

  /**
   * To give names for a while, and take them back: the names alone are held, so nobody else's calls on the image wait.
   * @param gone gives the place up. @throws {NoTurn | EngineUnavailable} and what the work throws
   */
  lend<T>(
    worker: string,
    names: readonly string[],
    work: (known: Images) => Promise<T>,
    gone?: Until,
  ): Promise<T> {
    const keys = new Map(names.map((name) => [name, 'exclusive'] as const))
    return this.#turns.run(worker, keys, async () => work(await this.#anew(keys)), gone)
  }

  /**
   * To remove an image, or names of it, with the worker's own steps below it: what it gave is held, and the image.
   * @param gone gives the place up. @throws {NoTurn | EngineUnavailable} and what the work throws
   */
  async remove<T>(worker: string, image: string, { asKnown, anew }: Work<T>, gone?: Until): Promise<T> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const keys = await this.#toRemove(worker, image)
      const turn = async () => {
        const done = await asKnown()
        if (done !== undefined) return { done }
        const known = await this.#anew(keys)
        const needed = await this.#toRemove(worker, image)
        return [...needed.keys()].every((key) => keys.has(key)) ? { done: await anew(known) } : undefined
      }
      const result = await this.#turns.run(worker, keys, turn, gone)
      if (result !== undefined) return result.done
    }
    throw new NoTurn('this image gets other names all the time; try again')
  }

  async #toRemove(worker: string, id: string): Promise<Keys> {
    const known = { images: await this.#sight.whenKnown(), ownership: this.#ownership }
    const names = (known.images.get(id)?.names ?? []).filter((name) =>
      this.#ownership.ownsTag(worker, name, id),
    )
    return new Map([id, ...names, ...ownParents(known, worker, id)].map((key) => [key, 'exclusive']))
  }

  async #anew(keys: Keys): Promise<Images> {
    await this.#sight.look(keys.keys())
    return { images: await this.#sight.whenKnown(), ownership: this.#ownership }
  }
}
