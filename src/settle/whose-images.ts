/** Which of the images and names that a call brings become the worker's: those that were not here, or nobody's, before. */
import type { PullPermit } from '../decide/verdict.ts'
import type { Change, Claim } from '../record/store.ts'
import { namelessParents, type Images } from '../world/images.ts'
import type { KnownImages } from '../world/known-images.ts'
import type { Ownership } from '../world/ownership.ts'
import { settleImageClaims } from '../world/reconcile.ts'
import { namesOf, pulledName, pushedImages, type Bringing } from './image-operations.ts'
import type { Progress } from './progress.ts'

/** What a call is to bring. */
interface Expected {
  readonly claims: readonly Claim[]
  /** Ids of the images that a build begins with. */
  readonly bases: ReadonlySet<string>
  /** Whether the engine's answer is there to its end. */
  readonly ended: boolean
}

export class WhoseImages {
  /** Ids of images that are pushed: each gets the digest that it has in the registry as a name. */
  readonly pushed: readonly string[]
  /** The number of a question: images that came after it are new. */
  readonly since: number
  readonly #images: KnownImages
  readonly #ownership: Ownership
  readonly #worker: string
  readonly #permit: Bringing
  /** Names in the repository that is pulled from or pushed to. */
  readonly #namesBefore: ReadonlySet<string>
  /** Those that were another's: they stay so. */
  readonly #others: ReadonlySet<string>

  /** Notes what is here before the engine is asked. */
  constructor({ images, ownership }: Images, worker: string, permit: Bringing) {
    this.#images = images
    this.#ownership = ownership
    this.#worker = worker
    this.#permit = permit
    this.since = images.question()
    this.#namesBefore = new Set(
      permit.on === 'pull' || permit.on === 'push' ? images.namesIn(permit.name) : [],
    )
    this.#others = new Set(
      [...this.#namesBefore].filter((name) => !ownership.ownsTag(worker, name, images.named(name)?.id ?? '')),
    )
    this.pushed = permit.on === 'push' ? pushedImages(images, permit) : []
  }

  /** The id of the image that a pull has brought, or has found. */
  get pulled(): string | undefined {
    return this.#permit.on === 'pull' ? this.#images.named(pulledName(this.#permit))?.id : undefined
  }

  /** New images become the worker's, and so do names that were free or its own. Returns the changes to write. */
  own(told: Progress, { claims, bases, ended }: Expected): readonly Change[] {
    switch (this.#permit.on) {
      case 'load':
        return ended ? settleImageClaims(this.#known, claims) : []
      case 'build':
        return this.#ownImages(
          [...told.made].filter((id) => this.#isBuilt(id)).concat(this.#builtUpon(told, bases)),
        )
      case 'commit':
      case 'import':
        return this.#ownClaimed(told, claims, ended)
      case 'pull':
        return this.#ownPulled(this.#permit, told)
      case 'push':
        return this.#ownNames(told.done ? this.pushed.flatMap((id) => this.#newDigests(id)) : [])
    }
  }

  /** The image that was made under the claim. What is not told yet, a later listing tells. */
  #ownClaimed(told: Progress, claims: readonly Claim[], ended: boolean): readonly Change[] {
    const ownership = this.#ownership
    const id = [...told.made].at(-1) ?? ''
    return claims
      .filter(({ nonce }) => ownership.isClaimed(nonce))
      .flatMap((claim) => {
        if (this.#isNew(id)) return [ownership.settle(claim, id)]
        return ended ? [ownership.drop(claim)] : []
      })
  }

  get #known(): Images {
    return { images: this.#images, ownership: this.#ownership }
  }

  #ownImages(ids: readonly string[]): readonly Change[] {
    const ownership = this.#ownership
    return ids
      .filter((id) => ownership.owner('image', id) === undefined)
      .map((id) => ownership.settle(ownership.claimImage(this.#worker, id)))
  }

  #ownNames(names: readonly string[]): readonly Change[] {
    const ownership = this.#ownership
    return names.flatMap((name) => {
      const image = this.#images.named(name)
      if (image === undefined || ownership.ownsTag(this.#worker, name, image.id)) return []
      return [ownership.settle(ownership.claimTag(this.#worker, name, image.id))]
    })
  }

  /** What a pull brought is what it tells the digest of, where it gave the name: anybody else can have given it meanwhile. */
  #ownPulled(permit: PullPermit, told: Progress): readonly Change[] {
    const name = pulledName(permit)
    const image = this.#images.named(name)
    if (image === undefined || !told.done || told.wasThere) return []
    const { digest } = told
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
    return this.#images.cameAfter(id, this.since)
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
  #builtUpon(told: Progress, bases: ReadonlySet<string>): readonly string[] {
    const found = new Set<string>()
    for (const id of told.made)
      for (const parent of namelessParents(this.#images, id)) {
        const isMine = this.#images.get(parent)?.worker === this.#worker
        if (!isMine || bases.has(parent) || this.#ownership.owner('image', parent) !== undefined) break
        found.add(parent)
      }
    return [...found]
  }

  /** Whether another worker gives that name at this moment, or gave it to the image that has it while this call went on. */
  #isGivenByOther(name: string): boolean {
    const ownership = this.#ownership
    if (ownership.namesGiven.isAnothers(this.#worker, name)) return true
    const owned = ownership.get('tag', name)
    return owned !== undefined && owned.worker !== this.#worker && owned.name === this.#images.named(name)?.id
  }
}
