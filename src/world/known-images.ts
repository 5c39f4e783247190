/**
 * The engine's images by id and name, in memory, put together of what it answered to questions that were numbered as they were asked:
 * of an image counts what the newest question told, whenever its answer came.
 */
import { looksLikeImageId } from '../decode/reference.ts'
import { IdIndex } from './id-index.ts'

export interface KnownImage {
  /** `sha256:…` */
  readonly id: string
  /** Full references with tag or digest. */
  readonly names: readonly string[]
  /** Digests by which the engine finds it in the repositories of its names, beside its id, and which nobody gave it. */
  readonly digests: readonly string[]
  /** The image that a build put a step upon; empty where there is none here. */
  readonly parent: string
  /** The worker in its labels; empty where there is none. Anybody can have written it. */
  readonly worker: string
  /** The claim in its labels; empty where there is none. Images built upon it have the same. */
  readonly claim: string
  /** The compose project in its labels; undefined where there is none. */
  readonly project: string | undefined
  /** Names of its labels that programs of a host act on. */
  readonly actedOn: readonly string[]
  /** Characters of its labels, and of all that an engine lists of it. */
  readonly labels: number
  readonly listed: number
  /** What it names for each of its containers; undefined where it was only listed. */
  readonly named: NamedByImage | undefined
}

/** What every container of an image gets of it: volumes and ports an engine makes one after the other. */
export interface NamedByImage {
  readonly volumes: number
  /** Ports that it exposes. */
  readonly ports: number
  /** A volume in a place that a runtime guards; undefined where there is none. */
  readonly guarded: string | undefined
  /** A variable without a value, which Podman takes from its own environment; undefined where there is none. */
  readonly unset: string | undefined
}

/** What an engine told, by the id or the name in full that it was asked for; undefined where it has no such image. */
export type Answers = ReadonlyMap<string, KnownImage | undefined>

/** Images that are gone and still known to be. */
const MOST_GONE = 10_000

export class KnownImages {
  readonly #images = new Map<string, KnownImage>()
  /** Ids by name; several where a name is told of several images, or twice of one. */
  readonly #holders = new Map<string, readonly string[]>()
  /** Ids of the images that have a step upon one, by its id. */
  readonly #upon = new Map<string, Set<string>>()
  /** Numbers of the questions that told of images, by id; of those that are gone too, as a list can be under way that has them. */
  readonly #asOf = new Map<string, number>()
  readonly #gone = new Set<string>()
  /** Numbers of the questions that first told of images which are here, by id. */
  readonly #came = new Map<string, number>()
  /** The number of the last list, which told that no other image is there. */
  #lastList = 0
  /** Numbers of the questions for names, where an engine found another image by one, or none, than those that are told to have it. */
  readonly #unclear = new Map<string, number>()
  #questions = 0
  /** Made when it is first needed. */
  #index: IdIndex | undefined
  /** Ids by digest; likewise. */
  #byDigest: ReadonlyMap<string, string> | undefined

  get(id: string): KnownImage | undefined {
    return this.#images.get(id)
  }

  /** Whether an image has a step upon it, other than the one of that id. */
  isNeeded(id: string, other: string): boolean {
    return [...(this.#upon.get(id) ?? [])].some((above) => above !== other)
  }

  /** Whether an image came after a question was numbered, as far as an engine told. */
  cameAfter(id: string, question: number): boolean {
    return (this.#came.get(id) ?? 0) > question
  }

  /** An image was deleted: where it is here, it came again. */
  deleted(id: string): void {
    if (this.#images.has(id)) this.#came.set(id, this.question())
  }

  all(): Iterable<KnownImage> {
    return this.#images.values()
  }

  /** The image of a name; undefined also where it may be that of two. @param name in full, `docker.io/library/alpine:3` */
  named(name: string): KnownImage | undefined {
    if (this.isDoubtful(name)) return undefined
    const [id] = this.#holdersOf(name)
    return id === undefined ? this.#byAlias(name) : this.#images.get(id)
  }

  /**
   * Whether it is not known what an engine takes a name for: containerd's store can have one in full and as somebody wrote it, which
   * Docker finds nobody's image by but lists as the same.
   */
  isDoubtful(name: string): boolean {
    return this.#holdersOf(name).length > 1 || this.#unclear.has(name)
  }

  /** Names with a tag, in full, of this repository. */
  tagsOf(repository: string): readonly string[] {
    return [...this.#holders.keys()].filter((name) => name.startsWith(`${repository}:`))
  }

  /** Names of this repository, with a tag or a digest. */
  namesIn(repository: string): readonly string[] {
    const [tag, digest] = [`${repository}:`, `${repository}@`]
    return [...this.#holders.keys()].filter((name) => name.startsWith(tag) || name.startsWith(digest))
  }

  /** The image that carries a claim; none where several do, as what is built upon one. */
  claimed(claim: string): KnownImage | undefined {
    const found = [...this.#images.values()].filter((image) => image.claim === claim)
    return found.length === 1 ? found[0] : undefined
  }

  /** The images whose id starts so; `sha256:` may be left out. */
  byPrefix(prefix: string): readonly KnownImage[] {
    const start = prefix.startsWith('sha256:') ? prefix : `sha256:${prefix}`
    // A call can ask for some hundred of them.
    this.#index ??= new IdIndex(this.#images.keys())
    return this.#index.startingWith(start).flatMap((id) => this.#images.get(id) ?? [])
  }

  /** The number of a question that is about to be asked. */
  question(): number {
    this.#questions += 1
    return this.#questions
  }

  /** Applies a list of all images: those that are not on it are gone, unless a newer question told of them. */
  listed(question: number, images: readonly KnownImage[]): void {
    const there = new Map(images.map((image) => [image.id, image]))
    for (const id of new Set([...this.#asOf.keys(), ...there.keys()])) this.#put(question, id, there.get(id))
    this.#lastList = Math.max(this.#lastList, question)
    for (const id of this.#gone) if ((this.#asOf.get(id) ?? 0) <= question) this.#forget(id)
    for (const [name, asOf] of this.#unclear) if (asOf < question) this.#unclear.delete(name)
  }

  /** Applies what was told of single images. */
  answered(question: number, answers: Answers): void {
    for (const [reference, image] of answers) {
      if (image !== undefined) this.#put(question, image.id, image)
      else if (looksLikeImageId(reference)) this.#put(question, reference, undefined)
    }
    for (const [name, image] of answers) {
      if (looksLikeImageId(name) || (this.#unclear.get(name) ?? 0) > question) continue
      const [holder = this.#byAlias(name)?.id] = this.#holdersOf(name)
      if (holder === image?.id) this.#unclear.delete(name)
      else this.#unclear.set(name, question)
    }
  }

  /** Images that have to be asked for too, as a name which they are known to have was asked for, or is told of another. */
  concerned(answers: Answers): ReadonlySet<string> {
    const asked = [...answers].flatMap(([reference, image]) => [reference, ...(image?.names ?? [])])
    const told = new Set([...answers].flatMap(([reference, image]) => [reference, image?.id ?? reference]))
    return new Set(asked.flatMap((name) => this.#holdersOf(name)).filter((id) => !told.has(id)))
  }

  /** Notes that an image which is known was given a name, which any other has lost by it. @param name in full */
  name(name: string, id: string): void {
    const image = this.#images.get(id)
    if (image === undefined) return
    const question = this.question()
    for (const other of this.#holdersOf(name)) {
      const before = this.#images.get(other)
      if (before !== undefined)
        this.#put(question, other, { ...before, names: before.names.filter((one) => one !== name) })
    }
    const names = [...image.names.filter((one) => one !== name), name]
    this.#put(question, id, { ...image, names })
    this.#unclear.delete(name)
  }

  #put(question: number, id: string, image: KnownImage | undefined): void {
    if ((this.#asOf.get(id) ?? this.#lastList) > question) return
    this.#asOf.set(id, question)
    this.#gone.delete(id)
    this.#index = undefined
    this.#upon.get(this.#images.get(id)?.parent ?? '')?.delete(id)
    this.#byDigest = undefined
    for (const name of this.#images.get(id)?.names ?? []) {
      const left = this.#holdersOf(name).filter((holder) => holder !== id)
      if (left.length === 0) this.#holders.delete(name)
      else this.#holders.set(name, left)
    }
    if (image === undefined) {
      this.#images.delete(id)
      this.#came.delete(id)
      this.#gone.add(id)
      const [oldest] = this.#gone
      if (this.#gone.size > MOST_GONE && oldest !== undefined) this.#forget(oldest)
    } else {
      const before = this.#images.get(id)
      if (before === undefined) this.#came.set(id, question)
      // What was inspected once stays so: an id is that of its content.
      this.#images.set(id, { ...image, named: image.named ?? before?.named })
      if (image.parent !== '') this.#stepUpon(image.parent).add(id)
    }
    for (const name of image?.names ?? []) this.#holders.set(name, [...this.#holdersOf(name), id])
  }

  #stepUpon(parent: string): Set<string> {
    const ids = this.#upon.get(parent) ?? new Set<string>()
    this.#upon.set(parent, ids)
    return ids
  }

  #forget(gone: string): void {
    this.#gone.delete(gone)
    this.#asOf.delete(gone)
    if (this.#upon.get(gone)?.size === 0) this.#upon.delete(gone)
  }

  #holdersOf(name: string): readonly string[] {
    return this.#holders.get(name) ?? []
  }

  /** The image whose id or digest a name is, in a repository that has a tag of it. */
  #byAlias(name: string): KnownImage | undefined {
    const [repository = '', digest = ''] = name.split('@')
    this.#byDigest ??= new Map(
      [...this.#images.values()].flatMap(({ id, digests }) => digests.map((other) => [other, id] as const)),
    )
    const image = this.#images.get(digest) ?? this.#images.get(this.#byDigest.get(digest) ?? '')
    return image?.names.some((other) => other.startsWith(`${repository}:`)) === true ? image : undefined
  }
}
