/** The images and names that a call brings, from what was here before to what is the worker's when it is over. */
import { fullImageId } from '../decode/reference.ts'
import { errorReply, type Reply } from '../engine/reply.ts'
import type { ImageSight } from '../world/image-sight.ts'
import type { KnownImages } from '../world/known-images.ts'
import type { World } from '../world/world.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import type { Change, Claim } from '../record/store.ts'
import { givenNames, lookAtBrought, namesOf, pushedImages, type Bringing } from './image-operations.ts'
import { followed } from './followed.ts'
import { linesOf, NO_NAMES, type Named } from './named.ts'
import { Progress } from './progress.ts'
import { WhoseImages } from './whose-images.ts'

export interface Settled {
  readonly reply: Reply
  readonly changes: readonly Change[]
}

/** What is known, and a way to know it anew. */
interface Seeing extends Pick<World, 'ownership'> {
  readonly sight: Pick<ImageSight, 'whenKnown' | 'look' | 'lookBelow' | 'listSoon'>
}

/** Gives names to an image that a call has made, once it is on disk whose that is. */
type Giver = (image: string, names: readonly string[], changes: readonly Change[]) => Promise<Named>

export class NewImages {
  readonly #world: Seeing
  readonly #worker: string
  readonly #permit: Bringing
  readonly #whose: WhoseImages
  readonly #told: Progress
  readonly #giver: Giver
  /** On what the call is to bring: of a load once its archive was read, of a commit or an import from the start. */
  #claims: readonly Claim[] = []
  #bases: ReadonlySet<string> = new Set()
  #named: Named = NO_NAMES
  #ended = false
  #taken = false
  /** What is the worker's by this call, to be written. */
  readonly #changes: Change[] = []

  private constructor(world: Seeing, images: KnownImages, worker: string, permit: Bringing, giver: Giver) {
    this.#giver = giver
    this.#world = world
    this.#worker = worker
    this.#permit = permit
    this.#told = new Progress(permit)
    this.#whose = new WhoseImages({ images, ownership: world.ownership }, worker, permit)
  }

  /**
   * To be called before the engine is asked: notes what is here.
   * @param giver gives the names that a build, an import or a commit is to give
   * @throws {EngineUnavailable}
   */
  static async before(
    world: Seeing,
    worker: string,
    permit: Bringing,
    giver: Giver = async () => NO_NAMES,
  ): Promise<NewImages> {
    const images = await world.sight.whenKnown()
    await world.sight.look(permit.on === 'push' ? pushedImages(images, permit) : namesOf(permit))
    return new NewImages(world, images, worker, permit, giver)
  }

  /** What the call is to bring, as far as that is known. */
  expect(claims: readonly Claim[]): void {
    this.#claims = claims
  }

  /** Ids of the images that a build begins with: what is built upon them is the worker's. */
  buildUpon(ids: Iterable<string>): void {
    this.#bases = new Set(ids)
  }

  /** Applies what a whole reply tells. Resolves with the reply to send and the changes to write. */
  async settle(reply: Extract<Reply, { kind: 'whole' }>): Promise<Settled> {
    if (this.#permit.on === 'commit')
      this.#told.add(fullImageId(textOf(objectOf(JSON.parse(reply.body.toString()))['Id'])))
    this.end()
    await this.#giveNames()
    const { failed } = this.#named
    return { reply: failed.length === 0 ? reply : errorReply(409, failed.join('; ')), changes: this.#changes }
  }

  /** Applies what is here now. Resolves with the changes to write. @throws {EngineUnavailable} */
  async take(): Promise<readonly Change[]> {
    // An engine goes on with a load or an import whose client has gone.
    if (!this.#ended) this.doubt()
    const told = { made: [...this.#told.made], done: this.#told.done }
    const expected = { claims: this.#claims, pushed: this.#whose.pushed, since: this.#whose.since }
    await lookAtBrought(this.#world.sight, this.#permit, { ...told, ...expected }).catch((cause: unknown) => {
      this.doubt()
      this.#world.sight.listSoon()
      throw cause
    })
    const all = { claims: this.#claims, bases: this.#bases, ended: this.#ended }
    this.#changes.push(...this.#whose.own(this.#told, all))
    this.#taken = true
    return this.#changes
  }

  /** The same of a call of the gate's own, which nobody is told of: names are given too. @throws {EngineUnavailable} */
  async finish(): Promise<readonly Change[]> {
    await this.#giveNames()
    return this.#changes
  }

  /** The engine broke off: later listings tell what came to be. */
  doubt(): void {
    for (const claim of this.#claims) this.#world.ownership.doubt(claim)
  }

  /**
   * The reply with its end held back until the new images are known, and on disk.
   * @param settled is called then with the changes to write
   * @param tell tells a text in the worker's words
   * @param ended tells why the call was ended, where it was
   */
  follow(
    reply: Extract<Reply, { kind: 'stream' }>,
    settled: (changes: readonly Change[]) => void | Promise<void>,
    tell: (text: string) => string,
    ended: () => string | undefined = () => undefined,
  ): Reply {
    const settledAll = (): void | Promise<void> => settled(this.#changes)
    let settling: Promise<void> | undefined
    const settle = (): Promise<void> => {
      const known = this.#taken ? Promise.resolve() : this.take().then(() => undefined)
      // What is not known as the engine does not tell stays nobody's, or a later answer tells.
      settling ??= known.then(settledAll, settledAll)
      return settling
    }
    const finish = async (): Promise<readonly string[]> => {
      this.end()
      await this.#giveNames()
      const { given, failed } = this.#named
      return linesOf({ given: tellsNames(this.#permit) ? given : [], failed }, tell)
    }
    return followed(reply, { look: (part) => this.look(part), finish, settle, ended, tell })
  }

  /** Looks at a part of the engine's answer, in order. */
  look(part: string): void {
    this.#told.look(part)
  }

  /** The answer is there to its end. */
  end(): void {
    this.#ended = true
    this.#told.end()
  }

  /** Gives the image that was made last its names; stages of a build tell of images too. */
  async #giveNames(): Promise<void> {
    await this.take()
    const image = this.#whose.pulled ?? [...this.#told.made].at(-1)
    const names = givenNames(this.#permit)
    if (!this.#told.done || image === undefined || names.length === 0) return
    const isOwn = this.#world.ownership.owner('image', image) === this.#worker
    if (!isOwn && this.#permit.on !== 'pull') return
    this.#named = await this.#giver(image, names, this.#changes)
    this.#changes.push(...this.#named.changes)
  }

  /** What is there by this call alone, as far as that is known: names that it gave, and ids of what it made. */
  brought(): readonly string[] {
    switch (this.#permit.on) {
      case 'build':
      case 'import':
        return [...this.#named.given, ...this.#told.made]
      case 'load': {
        const owned = this.#changes.flatMap((change) => (change.type === 'own' ? change.owned : []))
        const named = new Set(owned.map(({ name }) => name))
        return owned.map(({ id }) => id).filter((id) => !named.has(id))
      }
      case 'commit':
      case 'pull':
      case 'push':
        return []
    }
  }
}

/** An engine tells the names of what a build has made, where that is not quiet: of an import it tells the id alone. */
function tellsNames(permit: Bringing): boolean {
  return permit.on === 'build' && permit.operation.parameters.q !== true
}
