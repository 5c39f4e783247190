/**
 * The engine's containers, volumes and networks by id and name, in memory: what a call needs to know costs no call of its own.
 * The feed keeps it current by the engine's events; the gate's own effects are put in at once.
 */

export interface KnownContainer {
  readonly id: string
  readonly name: string
  readonly running: boolean
  readonly started: boolean
  /** The claim in its labels; empty where there is none. Images hand labels down, so it proves nothing. */
  readonly claim: string
  /** What it is made of: an id, or the name that was given; empty where it is not known. */
  readonly image: string
  /** Its bind mounts. */
  readonly binds: readonly KnownBind[]
}

export interface KnownBind {
  /** On the host: a bind root, or a place where the gate holds what is below one. */
  readonly source: string
  readonly readOnly: boolean
}

export class Inventory {
  #containers = new Map<string, KnownContainer>()
  #containerNames = new Map<string, string>()
  #volumes = new Set<string>()
  /** Names of networks by id. */
  #networks = new Map<string, string>()
  /** Ids of networks by name. */
  #networkIds = new Map<string, Set<string>>()

  container(id: string): KnownContainer | undefined {
    return this.#containers.get(id)
  }

  containerNamed(name: string): KnownContainer | undefined {
    const id = this.#containerNames.get(name)
    return id === undefined ? undefined : this.#containers.get(id)
  }

  hasVolume(name: string): boolean {
    return this.#volumes.has(name)
  }

  networkName(id: string): string | undefined {
    return this.#networks.get(id)
  }

  /** The network of a name; engines allow several, and then none is meant. */
  networkNamed(name: string): string | undefined {
    const [first, another] = this.#networkIds.get(name) ?? []
    return another === undefined ? first : undefined
  }

  hasNetworkNamed(name: string): boolean {
    return this.#networkIds.has(name)
  }

  networkIds(): readonly string[] {
    return [...this.#networks.keys()]
  }

  putNetwork(id: string, name: string): void {
    this.removeNetwork(id)
    this.#networks.set(id, name)
    this.#networkIds.set(name, (this.#networkIds.get(name) ?? new Set()).add(id))
  }

  removeNetwork(id: string): void {
    const name = this.#networks.get(id)
    if (name === undefined) return
    this.#networks.delete(id)
    const ids = this.#networkIds.get(name)
    ids?.delete(id)
    if (ids?.size === 0) this.#networkIds.delete(name)
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

  /** @param networks names by id */
  replaceNetworks(networks: ReadonlyMap<string, string>): void {
    this.#networks = new Map()
    this.#networkIds = new Map()
    for (const [id, name] of networks) this.putNetwork(id, name)
  }

  replaceVolumes(names: readonly string[]): void {
    this.#volumes = new Set(names)
  }
}
