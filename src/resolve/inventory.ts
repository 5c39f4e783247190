/**
 * The engine's objects by id and name, in memory: what a call needs to know costs no call of its own.
 * The feed keeps it current by the engine's events; the gate's own effects are put in at once.
 */
import { IdIndex } from './id-index.ts'

export interface KnownContainer {
  readonly id: string
  readonly name: string
  readonly running: boolean
  readonly started: boolean
  /** The claim in its labels; empty where there is none. Images hand labels down, so it proves nothing. */
  readonly claim: string
  /** Its bind mounts. */
  readonly binds: readonly KnownBind[]
}

export interface KnownBind {
  /** On the host: a bind root, or a place where the gate holds what is below one. */
  readonly source: string
  readonly readOnly: boolean
}

export interface KnownImage {
  /** `sha256:…` */
  readonly id: string
  /** Full references with tag or digest. */
  readonly names: readonly string[]
  /** The image that a build put a step upon; empty where there is none here. */
  readonly parent: string
  /** The worker in its labels; empty where there is none. Anybody can have written it. */
  readonly worker: string
  /** The claim in its labels; empty where there is none. Images built upon it have the same. */
  readonly claim: string
  /** Characters of its labels, and of all that an engine lists of it. */
  readonly labels: number
  readonly listed: number
}

export class Inventory {
  #containers = new Map<string, KnownContainer>()
  #containerNames = new Map<string, string>()
  #images = new Map<string, KnownImage>()
  #imageNames = new Map<string, string>()
  /** Names that are listed more than once: what an engine takes them for is not known. */
  #doubtfulNames: ReadonlySet<string> = new Set()
  /** Of the images, made when it is first needed. */
  #imageIds: IdIndex | undefined
  #volumes = new Set<string>()
  /** Names of networks by id. */
  #networks = new Map<string, string>()

  container(id: string): KnownContainer | undefined {
    return this.#containers.get(id)
  }

  containerNamed(name: string): KnownContainer | undefined {
    const id = this.#containerNames.get(name)
    return id === undefined ? undefined : this.#containers.get(id)
  }

  image(id: string): KnownImage | undefined {
    return this.#images.get(id)
  }

  imageIds(): Iterable<string> {
    return this.#images.keys()
  }

  images(): Iterable<KnownImage> {
    return this.#images.values()
  }

  /** The image of a name; undefined also where it may be that of two. @param name in full, `docker.io/library/alpine:3` */
  imageNamed(name: string): KnownImage | undefined {
    const id = this.#imageNames.get(name)
    return id === undefined ? this.#imageByAlias(name) : this.#images.get(id)
  }

  /** The image whose id a name is, in a repository that has a tag of it. */
  #imageByAlias(name: string): KnownImage | undefined {
    const [repository = '', id = ''] = name.split('@')
    const image = this.#images.get(id)
    return image?.names.some((other) => other.startsWith(`${repository}:`)) === true ? image : undefined
  }

  /**
   * Whether a name is listed more than once: containerd's store can have one in full and as somebody wrote it, which Docker finds nobody's
   * image by but lists as the same.
   */
  isDoubtful(name: string): boolean {
    return this.#doubtfulNames.has(name)
  }

  /** Names with a tag, in full, of this repository. */
  tagsOf(repository: string): readonly string[] {
    return [...this.#imageNames.keys()].filter((name) => name.startsWith(`${repository}:`))
  }

  imageNames(): Iterable<string> {
    return this.#imageNames.keys()
  }

  /** The image that carries a claim; none where several do, as what is built upon one. */
  imageClaimed(claim: string): KnownImage | undefined {
    const found = [...this.#images.values()].filter((image) => image.claim === claim)
    return found.length === 1 ? found[0] : undefined
  }

  /** The images whose id starts so; `sha256:` may be left out. */
  imagesByPrefix(prefix: string): readonly KnownImage[] {
    const start = prefix.startsWith('sha256:') ? prefix : `sha256:${prefix}`
    // A call can ask for some hundred of them.
    this.#imageIds ??= new IdIndex(this.#images.keys())
    return this.#imageIds.startingWith(start).flatMap((id) => this.#images.get(id) ?? [])
  }

  hasVolume(name: string): boolean {
    return this.#volumes.has(name)
  }

  networkName(id: string): string | undefined {
    return this.#networks.get(id)
  }

  /** The network of a name; engines allow several, and then none is meant. */
  networkNamed(name: string): string | undefined {
    const found = [...this.#networks].filter(([, known]) => known === name)
    return found.length === 1 ? found[0]?.[0] : undefined
  }

  hasNetworkNamed(name: string): boolean {
    return [...this.#networks.values()].includes(name)
  }

  networkIds(): readonly string[] {
    return [...this.#networks.keys()]
  }

  putNetwork(id: string, name: string): void {
    this.#networks.set(id, name)
  }

  removeNetwork(id: string): void {
    this.#networks.delete(id)
  }

  putContainer(container: KnownContainer): void {
    this.removeContainer(container.id)
    this.#containers.set(container.id, container)
    if (container.name !== '') this.#containerNames.set(container.name, container.id)
  }

  /** Changes what is known of a container; nothing happens if it is not known. */
  changeContainer(id: string, change: Partial<Omit<KnownContainer, 'id'>>): void {
    const container = this.#containers.get(id)
    if (container !== undefined) this.putContainer({ ...container, ...change })
  }

  removeContainer(id: string): void {
    const container = this.#containers.get(id)
    if (container === undefined) return
    this.#containers.delete(id)
    if (this.#containerNames.get(container.name) === id) this.#containerNames.delete(container.name)
  }

  putVolume(name: string): void {
    this.#volumes.add(name)
  }

  removeVolume(name: string): void {
    this.#volumes.delete(name)
  }

  replaceContainers(containers: readonly KnownContainer[]): void {
    this.#containers = new Map()
    this.#containerNames = new Map()
    for (const container of containers) this.putContainer(container)
  }

  replaceImages(images: readonly KnownImage[]): void {
    this.#images = new Map(images.map((image) => [image.id, image]))
    this.#imageIds = undefined
    this.#imageNames = new Map()
    const twice = new Set<string>()
    for (const { id, names } of images)
      for (const name of names) {
        if (this.#imageNames.has(name)) twice.add(name)
        this.#imageNames.set(name, id)
      }
    for (const name of twice) this.#imageNames.delete(name)
    this.#doubtfulNames = twice
  }

  /** Gives a name to an image that is known, and takes it from any other. @param name in full */
  nameImage(name: string, id: string): void {
    const before = this.imageNamed(name)
    const image = this.#images.get(id)
    if (image === undefined || before?.id === id) return
    if (before !== undefined)
      this.#images.set(before.id, { ...before, names: before.names.filter((other) => other !== name) })
    this.#images.set(id, { ...image, names: [...image.names, name] })
    this.#imageNames.set(name, id)
  }

  /** @param networks names by id */
  replaceNetworks(networks: ReadonlyMap<string, string>): void {
    this.#networks = new Map(networks)
  }

  replaceVolumes(names: readonly string[]): void {
    this.#volumes = new Set(names)
  }
}
