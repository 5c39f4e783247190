/** Whose the images and names are that a call brings: the worker's, if they were not here before. */
import { errorReply, type Reply } from '../engine/reply.ts'
import type { PullPermit } from '../decide/verdict.ts'
import type { ImageSight } from '../world/image-sight.ts'
import { namelessParents, type Images } from '../world/images.ts'
import type { KnownImages } from '../world/known-images.ts'
import { settleImageClaims } from '../world/reconcile.ts'
import type { World } from '../world/world.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import type { Change, Claim } from '../record/store.ts'
import { lookAtBrought, namesOf, pushedImages, type Bringing } from './bringing.ts'
import { followed } from './followed.ts'
import { linesOf, NO_NAMES, type Named } from './named.ts'
import { Told } from './told.ts'

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
  readonly #images: KnownImages
  readonly #worker: string
  readonly #permit: Bringing
  /** The number of a question: images that came after it are new. */
  readonly #before: number
  readonly #namesBefore: ReadonlySet<string>
  /** Names that were another's before: they stay so. */
  readonly #others: ReadonlySet<string>
  /** Ids of images that are pushed: each gets the digest that it has in the registry as a name. */
  readonly #pushed: readonly string[]
  readonly #told: Told
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
    const { ownership } = world
    this.#world = world
    this.#images = images
    this.#worker = worker
    this.#permit = permit
    this.#told = new Told(permit)
    this.#before = images.question()
    this.#namesBefore = new Set(images.names())
    this.#others = new Set(
      [...this.#namesBefore].filter((name) => !ownership.ownsTag(worker, name, images.named(name)?.id ?? '')),
    )
    this.#pushed = permit.on === 'push' ? pushedImages(images, permit) : []
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

  /** Takes over what a whole reply tells. Resolves with the reply to send and the changes to write. */
  async settle(reply: Extract<Reply, { kind: 'whole' }>): Promise<Settled> {
    if (this.#permit.on === 'commit')
      this.#told.add(textOf(objectOf(JSON.parse(reply.body.toString()))['Id']))
    this.end()
    await this.#giveNames()
    const { failed } = this.#named
    return { reply: failed.length === 0 ? reply : errorReply(409, failed.join('; ')), changes: this.#changes }
  }

  /** Takes over what is here now. Resolves with the changes to write. @throws {EngineUnavailable} */
  async take(): Promise<readonly Change[]> {
    // An engine goes on with a load or an import whose client has gone.
    if (!this.#ended) this.doubt()
    const told = { made: [...this.#told.made], done: this.#told.done }
    const expected = { claims: this.#claims, pushed: this.#pushed }
    await lookAtBrought(this.#world.sight, this.#permit, { ...told, ...expected }).catch((cause: unknown) => {
      this.doubt()
      this.#world.sight.listSoon()
      throw cause
    })
    this.#changes.push(...this.#own())
    this.#taken = true
    return this.#changes
  }

  /** The engine broke off: later listings tell what came to be. */
  doubt(): void {
    for (const claim of this.#claims) this.#world.ownership.doubt(claim)
  }

  /**
   * The reply with its end held back until the new images are known, and on disk.
   * @param settled is called then with the changes to write
   * @param ended tells why the call was ended, where it was
   */
  follow(
    reply: Extract<Reply, { kind: 'stream' }>,
    settled: (changes: readonly Change[]) => void | Promise<void>,
    ended: () => string | undefined = () => undefined,
  ): Reply {
    const tell = (): void | Promise<void> => settled(this.#changes)
    let settling: Promise<void> | undefined
    const settle = (): Promise<void> => {
      const known = this.#taken ? Promise.resolve() : this.take().then(() => undefined)
      // What is not known as the engine does not tell stays nobody's, or a later answer tells.
      settling ??= known.then(tell, tell)
      return settling
    }
    const finish = async (): Promise<readonly string[]> => {
      this.end()
      await this.#giveNames()
      return linesOf(this.#named)
    }
    return followed(reply, { look: (part) => this.look(part), finish, settle, ended })
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
    const image = [...this.#told.made].at(-1)
    const names = namesOf(this.#permit)
    if (!this.#told.done || image === undefined || names.length === 0) return
    if (this.#world.ownership.owner('image', image) !== this.#worker) return
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

  /** New images become the worker's, and so do names that were free or its own. */
  #own(): readonly Change[] {
    switch (this.#permit.on) {
      case 'load':
        return this.#ended ? settleImageClaims(this.#known, this.#claims) : []
      case 'build':
        return this.#ownImages(
          [...this.#told.made].filter((id) => this.#isBuilt(id)).concat(this.#builtUpon()),
        )
      case 'commit':
      case 'import':
        return this.#ownClaimed()
      case 'pull':
        return this.#ownPulled(this.#permit)
      case 'push':
        return this.#ownNames(this.#told.done ? this.#pushed.flatMap((id) => this.#newDigests(id)) : [])
    }
  }

  /** The image that was made under the claim. What is not told yet, a later listing tells. */
  #ownClaimed(): readonly Change[] {
    const { ownership } = this.#world
    const id = [...this.#told.made].at(-1) ?? ''
    return this.#claims
      .filter(({ nonce }) => ownership.isClaimed(nonce))
      .flatMap((claim) => {
        if (this.#isNew(id)) return [ownership.settle(claim, id)]
        return this.#ended ? [ownership.drop(claim)] : []
      })
  }

  get #known(): Images {
    return { images: this.#images, ownership: this.#world.ownership }
  }

  #ownImages(ids: readonly string[]): readonly Change[] {
    const { ownership } = this.#world
    return ids
      .filter((id) => ownership.owner('image', id) === undefined)
      .map((id) => ownership.settle(ownership.claimImage(this.#worker, id)))
  }

  #ownNames(names: readonly string[]): readonly Change[] {
    const { ownership } = this.#world
    return names.flatMap((name) => {
      const image = this.#images.named(name)
      if (image === undefined || ownership.ownsTag(this.#worker, name, image.id)) return []
      return [ownership.settle(ownership.claimTag(this.#worker, name, image.id))]
    })
  }

  /** What a pull brought is what it tells the digest of, where it gave the name: anybody else can have given it meanwhile. */
  #ownPulled(permit: PullPermit): readonly Change[] {
    const [name = ''] = namesOf(permit)
    const image = this.#images.named(name)
    if (image === undefined || !this.#told.done || this.#told.wasThere) return []
    const { digest } = this.#told
    const isTold = digest === image.id || image.names.includes(`${permit.name}@${digest}`)
    if (digest !== undefined && !isTold) return []
    const digests = image.names.filter((other) => other.startsWith(`${permit.name}@`))
    const names = [name, ...digests].filter(
      (given) => !this.#others.has(given) && !this.#isGivenByOther(given),
    )
    return [...this.#ownImages(this.#isNew(image.id) ? [image.id] : []), ...this.#ownNames(names)]
  }

  /** The digests that an image has got in the repository that it was pushed to. */
  #newDigests(id: string): readonly string[] {
    const repository = this.#permit.on === 'push' ? this.#permit.name : ''
    const names = this.#images.get(id)?.names ?? []
    return names.filter((name) => name.startsWith(`${repository}@`) && !this.#namesBefore.has(name))
  }

  #isNew(id: string): boolean {
    return this.#images.cameAfter(id, this.#before)
  }

  /**
   * What a build makes carries the worker's label; one that is there by a build that failed has no name but those that are
   * given now.
   */
  #isBuilt(id: string): boolean {
    const image = this.#images.get(id)
    const isLeft = (): boolean => image?.names.every((name) => namesOf(this.#permit).includes(name)) ?? false
    return image?.worker === this.#worker && (this.#isNew(id) || isLeft())
  }

  /**
   * Images without a name between what a build made and what it began with. Each chain begins with the worker's own label, so
   * that nobody else's build shares one.
   */
  #builtUpon(): readonly string[] {
    const found = new Set<string>()
    for (const id of this.#told.made)
      for (const parent of namelessParents(this.#images, id)) {
        const isMine = this.#images.get(parent)?.worker === this.#worker
        if (!isMine || this.#bases.has(parent) || this.#world.ownership.owner('image', parent) !== undefined)
          break
        found.add(parent)
      }
    return [...found]
  }

  /** Whether another worker gives that name at this moment, or gave it to the image that has it while this call went on. */
  #isGivenByOther(name: string): boolean {
    const { ownership } = this.#world
    const giver = ownership.namesGiven.workerOf(name)
    if (giver !== undefined && giver !== this.#worker) return true
    const owned = ownership.get('tag', name)
    return owned !== undefined && owned.worker !== this.#worker && owned.name === this.#images.named(name)?.id
  }
}
