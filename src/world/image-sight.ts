/**
 * What the gate sees of the engine's images: all of them by a list in the background, which takes an engine a fifth of a second for
 * each where containerd keeps them, and single ones when they are asked for, or an event tells of them.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { EngineUnavailable, type Engine } from '../engine/engine.ts'
import { inspectImage, listImages } from '../engine/questions/images.ts'
import { looksLikeImageId } from '../decode/reference.ts'
import { Ending } from '../shared/ending.ts'
import { warnOf } from '../shared/warn.ts'
import type { EngineFacts } from './engine-facts.ts'
import { KnownImages, type KnownImage } from './known-images.ts'
import { readImage, readInspectedImage } from './listed.ts'

/** Milliseconds that a call waits for the first list. */
const FIRST_LIST = 5_000
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000
/** Milliseconds between two lists, at least, and at least so many times what the last one took. */
const LIST_GAP = 1_000
const GAP_FACTOR = 20
/** Images that are asked for at the same time. */
const AT_ONCE = 8

/** The engine's images are not known yet. */
export class ImagesUnknown extends EngineUnavailable {
  constructor() {
    super("the engine's images are not known yet: its list is slow; try again")
  }
}

/** @throws {ImagesUnknown} for what needs them */
export function seen(images: KnownImages | undefined): KnownImages {
  if (images === undefined) throw new ImagesUnknown()
  return images
}

/** What an engine does not tell it is asked for again; nothing else is to go wrong. */
function tellUnexpected(cause: unknown): false {
  if (!(cause instanceof EngineUnavailable)) warnOf('looking at images')(cause)
  return false
}

/** What others want to know of. */
interface SightEvents {
  /** What is known of images is another now. */
  readonly changed: (images: KnownImages) => void
  /** All are known, or the list takes so long that calls are refused. */
  readonly known: (isKnown: boolean) => void
}

/** What an event tells of: ids and names in full, and ids of images that were deleted and may be here again. */
export interface Heard {
  readonly references: readonly string[]
  readonly deleted: readonly string[]
}

/** A connection to the engine: what was asked before it counts for nothing. */
interface Following {
  readonly minor: number
  readonly podman: boolean
  readonly ended: Ending
  readonly first: PromiseWithResolvers<void>
  isKnown: boolean
  /** Whether all are to be listed, or are just now; not before that time, by `performance.now`. */
  isDue: boolean
  isListing: boolean
  notBefore: number
}

export class ImageSight {
  readonly #engine: Engine
  readonly #events: SightEvents
  readonly #images = new KnownImages()
  #following: Following | undefined
  /** What events told of and was not asked for yet. */
  #heard = new Set<string>()
  #isLooking = false

  constructor(engine: Engine, events: SightEvents) {
    this.#engine = engine
    this.#events = events
  }

  /** All images; undefined while it is not known which there are. */
  get known(): KnownImages | undefined {
    return this.#following?.isKnown === true ? this.#images : undefined
  }

  /** All images, waiting for the first list for a while. @throws {ImagesUnknown} */
  async whenKnown(): Promise<KnownImages> {
    const { known } = this
    if (known !== undefined) return known
    const late = new AbortController()
    await Promise.race([
      this.#following?.first.promise,
      pause(FIRST_LIST, undefined, { signal: late.signal }).catch(() => undefined),
    ])
    late.abort()
    return seen(this.known)
  }

  /** An engine's events are followed from here on: nothing that happens is missed. */
  follow({ minor, podman }: Pick<EngineFacts, 'minor' | 'podman'>): void {
    this.lose()
    const following: Following = {
      ...{ minor, podman, isKnown: false, isDue: true, isListing: false, notBefore: 0 },
      ended: new Ending(),
      first: Promise.withResolvers<void>(),
    }
    this.#following = following
    void this.#list(following)
    const late = setTimeout(() => {
      if (!following.isKnown && !following.ended.isOver) this.#events.known(false)
    }, FIRST_LIST).unref()
    following.ended.whenOver(() => clearTimeout(late))
  }

  /** The engine is away: nothing is known. */
  lose(): void {
    this.#following?.ended.end()
    this.#following?.first.resolve()
    this.#following = undefined
    this.#heard.clear()
  }

  /** Asks for images by their ids or names in full, and for those that had the names. @throws {EngineUnavailable} */
  look(references: Iterable<string>): Promise<void> {
    return this.#look(new Set(references), [])
  }

  /** @param unlessTold is asked for after that, unless it was told of by then */
  async #look(references: ReadonlySet<string>, unlessTold: readonly string[]): Promise<void> {
    const following = this.#following
    if (following === undefined) throw new EngineUnavailable('the engine is away')
    const question = this.#images.question()
    const answers = new Map<string, KnownImage | undefined>()
    const ask = async (asked: Iterable<string>): Promise<void> => {
      for (const [reference, image] of await this.#ask(following, [...asked])) answers.set(reference, image)
    }
    await ask(references)
    const told = new Set([...answers.values()].map((image) => image?.id))
    await ask(unlessTold.filter((id) => !told.has(id)))
    for (let left = this.#images.concerned(answers); left.size > 0; left = this.#images.concerned(answers))
      await ask(left)
    if (this.#following !== following) throw new EngineUnavailable('the engine was away')
    this.#images.answered(question, answers)
    this.#tell()
  }

  /**
   * Asks for the images below one too, down to the first that is known.
   * @param since the number of a question: what came after it, and an event told of, is not asked for again
   * @throws {EngineUnavailable}
   */
  async lookBelow(id: string, since: number): Promise<void> {
    let asked = id
    while (asked !== '') {
      if (!this.#images.cameAfter(asked, since)) await this.look([asked])
      const parent = this.#images.get(asked)?.parent ?? ''
      asked = this.#images.get(parent) === undefined ? parent : ''
    }
  }

  /** Notes that an image was given a name, which any other has lost by it. @param name in full */
  named(name: string, id: string): void {
    this.#images.name(name, id)
  }

  /** Something happened to images; what is told of it is asked for as soon as it can be. */
  heard({ references, deleted }: Heard): void {
    for (const id of deleted) this.#images.deleted(id)
    if (references.length === 0) this.listSoon()
    for (const reference of references) this.#heard.add(reference)
    if (!this.#isLooking) void this.#lookAtHeard()
  }

  /** There may be images that no event told of. */
  listSoon(): void {
    const following = this.#following
    if (following === undefined) return
    following.isDue = true
    if (!following.isListing) void this.#list(following)
  }

  async #lookAtHeard(): Promise<void> {
    this.#isLooking = true
    while (this.#heard.size > 0) {
      const heard = [...this.#heard].slice(0, AT_ONCE)
      for (const reference of heard) this.#heard.delete(reference)
      const [ids, names] = [heard.filter(looksLikeImageId), heard.filter((one) => !looksLikeImageId(one))]
      // What has a name is told by it. What can't be told now the next list tells.
      await this.#look(new Set(names), ids).catch((cause: unknown) => {
        tellUnexpected(cause)
        this.listSoon()
      })
    }
    this.#isLooking = false
  }

  async #ask({ minor, podman }: Following, references: readonly string[]) {
    const found: (readonly [string, KnownImage | undefined])[] = []
    for (let next = 0; next < references.length; next += AT_ONCE) {
      const some = references.slice(next, next + AT_ONCE).map(async (reference) => {
        const image = await inspectImage(this.#engine, minor, reference)
        return [reference, image && readInspectedImage(image, podman)] as const
      })
      found.push(...(await Promise.all(some)))
    }
    return found
  }

  #tell(): void {
    const { known } = this
    if (known !== undefined) this.#events.changed(known)
  }

  /** Lists all, as long as that is due; one that fails is begun again, and nothing else is. */
  async #list(following: Following): Promise<void> {
    const { signal } = following.ended
    following.isListing = true
    let wait = FIRST_PAUSE
    while (following.isDue && !signal.aborted) {
      const rest = Math.max(0, following.notBefore - performance.now())
      await pause(rest, undefined, { signal, ref: false }).catch(() => undefined)
      const begun = performance.now()
      following.isDue = false
      const isListed = !signal.aborted && (await this.#listOnce(following).catch(tellUnexpected))
      const ended = performance.now()
      wait = isListed ? FIRST_PAUSE : Math.min(wait * 2, LONGEST_PAUSE)
      following.notBefore = ended + (isListed ? Math.max(LIST_GAP, (ended - begun) * GAP_FACTOR) : wait)
      following.isDue ||= !isListed
    }
    following.isListing = false
  }

  async #listOnce(following: Following): Promise<boolean> {
    const { minor, podman, ended } = following
    const question = this.#images.question()
    const images = await listImages(this.#engine, minor, ended)
    if (this.#following !== following) return false
    this.#images.listed(
      question,
      images.map((image) => readImage(image, podman)),
    )
    const isFirst = !following.isKnown
    following.isKnown = true
    following.first.resolve()
    if (isFirst) this.#events.known(true)
    this.#tell()
    return true
  }
}
