/** Whose objects are whose: the gate's own record of ids that the engine gave it, with what is being made at this moment. */
import { randomBytes } from 'node:crypto'
import type { Change, Claim, Owned, OwnedKind, Store } from '../record/store.ts'
import type { Usage } from './usage.ts'
import { isUnclaimed } from '../shared/labels.ts'
import { Reservations } from './reservations.ts'

export class Ownership {
  /** Names that are being given to images. */
  readonly namesGiven = new Reservations()
  /** Own names of images that are pushed at this moment: nothing takes or moves them. */
  readonly namesLent = new Reservations()
  /** Own containers whose limits are being changed: in what order an engine takes two updates, nobody is told. */
  readonly containersUpdated = new Reservations()
  /** Own volumes that calls put into containers, or make although they are there: none of them is removed meanwhile. */
  readonly volumesInUse = new Reservations()
  /** Own volumes that are being removed: what has the name afterwards may be somebody else's. */
  readonly volumesRemoved = new Reservations()
  /** Workers, for each build by BuildKit that goes on. */
  readonly buildsRunning = new Reservations()
  /** Workers, for each stream of events that they have open. */
  readonly eventsFollowed = new Reservations()
  readonly #released: (claim: string) => void
  readonly #owned = byKind(() => new Map<string, Owned>())
  readonly #claims = new Map<string, Claim>()
  /** When claims were opened, by `performance.now`. */
  readonly #begun = new Map<string, number>()
  /** Claims of which nobody knows whether something was made under them; those found at start are. */
  readonly #unsure = new Set<string>()
  /** Owners of containers that were removed lately, whose last events are still on their way. */
  readonly #gone = new Map<string, string>()
  /** Ids by kind and worker, in the order in which they were made. */
  readonly #ids = byKind(() => new Map<string, Set<string>>())

  /** @param released is told of the claim of each container that is gone, or was not made after all */
  constructor(store: Pick<Store, 'owned' | 'claims'>, released: (claim: string) => void = () => undefined) {
    this.#released = released
    for (const owned of store.owned()) this.#put(owned)
    for (const claim of store.claims()) {
      // What brings images takes as long as it takes: an engine may just have come to its end.
      const isOfImages = claim.kind === 'image' || claim.kind === 'tag'
      this.#claims.set(claim.nonce, isOfImages ? { ...claim, created: Date.now() } : claim)
      this.#unsure.add(claim.nonce)
      // One of the future was made before the host's clock was set back.
      this.#begun.set(claim.nonce, performance.now() - Math.max(0, Date.now() - claim.created))
    }
  }

  owner(kind: OwnedKind, id: string): string | undefined {
    return this.#owned[kind].get(id)?.worker
  }

  get(kind: OwnedKind, id: string): Owned | undefined {
    return this.#owned[kind].get(id)
  }

  all(kind: OwnedKind): readonly Owned[] {
    return [...this.#owned[kind].values()]
  }

  /** Names of all who own or claim something. */
  owners(): ReadonlySet<string> {
    return new Set(
      [...KINDS.flatMap((kind) => this.all(kind)), ...this.#claims.values()].map(({ worker }) => worker),
    )
  }

  /** How many objects a worker owns. */
  count(worker: string): number {
    return KINDS.reduce((sum, kind) => sum + this.idsOf(worker, kind).size, 0)
  }

  /** Gives all that one worker owns, and its claims, to another. Returns the changes to write. */
  bequeath(from: string, to: string): readonly Change[] {
    const owned = KINDS.flatMap((kind) => this.all(kind)).filter(({ worker }) => worker === from)
    const claims = [...this.#claims.values()].filter(({ worker }) => worker === from)
    for (const kind of KINDS) this.#ids[kind].delete(from)
    for (const one of owned) this.#put({ ...one, worker: to })
    for (const claim of claims) this.#claims.set(claim.nonce, { ...claim, worker: to })
    return owned.length + claims.length === 0 ? [] : [{ type: 'bequeath', from, to }]
  }

  /** Ids of a worker's objects of a kind. */
  idsOf(worker: string, kind: OwnedKind): ReadonlySet<string> {
    return this.#ids[kind].get(worker) ?? NONE
  }

  /** What exists and what is claimed, so that calls made at the same moment count each other. */
  usage(worker: string): Usage {
    const claims = [...this.#claims.values()].filter((claim) => claim.worker === worker)
    const count = (kind: OwnedKind): number =>
      this.idsOf(worker, kind).size + claims.filter((claim) => claim.kind === kind).length
    const containers = [...this.idsOf(worker, 'container')].flatMap((id) => this.get('container', id) ?? [])
    const all = [...containers, ...claims]
    return {
      containers: count('container'),
      networks: count('network'),
      // Those without a name come and go with containers, which have a limit.
      volumes:
        count('volume') - [...this.idsOf(worker, 'volume')].filter((id) => this.#isUnclaimed(id)).length,
      memory: all.reduce((sum, { memory }) => sum + memory, 0),
      nanoCpus: all.reduce((sum, { nanoCpus }) => sum + nanoCpus, 0),
    }
  }

  /** Whether an open claim of the worker's has this nonce. */
  hasClaim(worker: string, nonce: string): boolean {
    return this.#claims.get(nonce)?.worker === worker
  }

  /** Claims of every container that is there or being made. */
  containerClaims(): ReadonlySet<string> {
    const owned = this.all('container').map(({ nonce }) => nonce)
    return new Set([...owned, ...this.#claims.keys()])
  }

  /** Whether a claim of anybody's is open under this nonce. */
  isClaimed(nonce: string): boolean {
    return this.#claims.has(nonce)
  }

  /** The owner of a container that is there or was until lately. */
  recentOwner(id: string): string | undefined {
    return this.owner('container', id) ?? this.#gone.get(id)
  }

  /** Whether a name of an image is the worker's: it gave it, and nobody has given it to another image since. */
  ownsTag(worker: string, name: string, image: string): boolean {
    const owned = this.get('tag', name)
    return owned?.worker === worker && owned.name === image
  }

  /** Whether any worker gave that name to that image, or is about to. */
  isGiven(name: string, image: string): boolean {
    const isAbout = (claim: Claim): boolean =>
      claim.kind === 'tag' && claim.id === name && claim.name === image
    return this.get('tag', name)?.name === image || [...this.#claims.values()].some(isAbout)
  }

  /** Notes that the engine broke off while something was being made: it may be there or not. */
  doubt(claim: Claim): void {
    if (!this.#claims.has(claim.nonce)) return
    // From now on an engine has its time to come to an end.
    this.#claims.set(claim.nonce, { ...claim, created: Date.now() })
    this.#unsure.add(claim.nonce)
  }

  /** The claim of this nonce, if it is not known what came of it. */
  unsureClaim(nonce: string): Claim | undefined {
    return this.#unsure.has(nonce) ? this.#claims.get(nonce) : undefined
  }

  /** Claims to be settled by looking at what the engine has. */
  unsureClaims(): readonly Claim[] {
    return [...this.#unsure].flatMap((nonce) => this.#claims.get(nonce) ?? [])
  }

  /** Opens a claim; it counts from now on, and its change is to be written before the engine is asked. */
  claim(kind: OwnedKind, worker: string, limits: Pick<Usage, 'memory' | 'nanoCpus'>): Claim {
    return this.#open({ kind, worker, memory: limits.memory, nanoCpus: limits.nanoCpus, id: '', name: '' })
  }

  /** Opens a claim on an image that is to come, by its id. */
  claimImage(worker: string, id: string): Claim {
    return this.#open({ kind: 'image', worker, memory: 0, nanoCpus: 0, id, name: '' })
  }

  /** Opens a claim on a name that an image is to get. @param tag in full */
  claimTag(worker: string, tag: string, image: string): Claim {
    return this.#open({ kind: 'tag', worker, memory: 0, nanoCpus: 0, id: tag, name: image })
  }

  /** Settles a claim: what was made under it is the worker's. Returns the change to write. */
  settle(claim: Claim, id = claim.id, name = claim.name): Change {
    // Whose it is may have changed since it was opened.
    const { worker } = this.#claims.get(claim.nonce) ?? claim
    this.#close(claim)
    const { kind, created, memory, nanoCpus, nonce } = claim
    const owned = { kind, id, worker, name, created, memory, nanoCpus, nonce }
    this.#put(owned)
    return { type: 'own', owned, claim: nonce }
  }

  /** Drops a claim under which nothing was made. Returns the change to write. */
  drop(claim: Claim): Change {
    this.#close(claim)
    if (claim.kind === 'container') this.#released(claim.nonce)
    return { type: 'unclaim', nonce: claim.nonce }
  }

  /** Forgets an object that is gone. Returns the change to write, or undefined where it was nobody's. */
  forget(kind: OwnedKind, id: string): Change | undefined {
    const owned = this.#owned[kind].get(id)
    if (owned === undefined) return undefined
    this.#owned[kind].delete(id)
    this.#ids[kind].get(owned.worker)?.delete(id)
    if (kind === 'container') {
      this.#remember(id, owned.worker)
      this.#released(owned.nonce)
    }
    return { type: 'disown', kind, id }
  }

  /** The same for one that was looked up before: what has its id by now, as a volume made anew has, stays. */
  forgetSame({ kind, id, nonce }: Owned): Change | undefined {
    return this.get(kind, id)?.nonce === nonce ? this.forget(kind, id) : undefined
  }

  /**
   * Forgets a volume where the engine has none, or another, under its name.
   * @param owned as it was known when the engine was asked: what was made or confirmed since stays
   * @param claim that the volume of that name carries, undefined where there is none
   */
  forgetUnlessThere(owned: Owned, claim: string | undefined): Change | undefined {
    if (claim === owned.nonce || this.get(owned.kind, owned.id) !== owned) return undefined
    return this.forget(owned.kind, owned.id)
  }

  /**
   * Notes that a volume is there under its claim: who asked for it before knows less.
   * @returns the changes to write, where it was forgotten meanwhile
   */
  confirm(owned: Owned): readonly Change[] {
    const known = this.get(owned.kind, owned.id)
    if (known !== undefined && known.nonce !== owned.nonce) return []
    this.#put({ ...owned })
    return known === undefined ? [{ type: 'own', owned }] : []
  }

  /**
   * Takes a volume that an engine made for a container of the worker's without a name.
   * @param mark what it carries (markOf in shared/labels.ts)
   * @returns the changes to write: none where it has an owner, or was made under a claim
   */
  takeUnnamed(worker: string, name: string, mark: string): readonly Change[] {
    if (!isUnclaimed(mark) || this.owner('volume', name) !== undefined) return []
    const owned = {
      kind: 'volume',
      id: name,
      worker,
      name,
      created: Date.now(),
      memory: 0,
      nanoCpus: 0,
    } as const
    this.#put({ ...owned, nonce: mark })
    return [{ type: 'own', owned: { ...owned, nonce: mark } }]
  }

  /** Milliseconds that a claim is open, by a clock that nobody sets. */
  ageOf({ nonce }: Claim): number {
    const now = performance.now()
    return now - (this.#begun.get(nonce) ?? now)
  }

  /** Counts a container with the larger of two limits while an update is under way. Returns what undoes it. */
  reserve(id: string, memory: number, nanoCpus: number): () => void {
    const owned = this.get('container', id)
    if (owned === undefined) return () => undefined
    const larger = { memory: Math.max(owned.memory, memory), nanoCpus: Math.max(owned.nanoCpus, nanoCpus) }
    this.#owned.container.set(id, { ...owned, ...larger })
    return () => {
      if (this.#owned.container.has(id)) this.#owned.container.set(id, owned)
    }
  }

  /** Applies new limits of a container. Returns the change to write. */
  resize(id: string, memory: number, nanoCpus: number): Change {
    const owned = this.#owned.container.get(id)
    if (owned !== undefined) this.#owned.container.set(id, { ...owned, memory, nanoCpus })
    return { type: 'resize', id, memory, nanoCpus }
  }

  #isUnclaimed(volume: string): boolean {
    const owned = this.get('volume', volume)
    return owned !== undefined && isUnclaimed(owned.nonce)
  }

  #open(about: Omit<Claim, 'nonce' | 'created'>): Claim {
    const claim = { ...about, nonce: randomBytes(16).toString('hex'), created: Date.now() }
    this.#claims.set(claim.nonce, claim)
    this.#begun.set(claim.nonce, performance.now())
    return claim
  }

  #close(claim: Claim): void {
    this.#claims.delete(claim.nonce)
    this.#unsure.delete(claim.nonce)
    this.#begun.delete(claim.nonce)
  }

  #remember(id: string, worker: string): void {
    this.#gone.set(id, worker)
    const [oldest] = this.#gone.keys()
    if (this.#gone.size > REMEMBERED && oldest !== undefined) this.#gone.delete(oldest)
  }

  #put(owned: Owned): void {
    const { kind, id, worker } = owned
    this.#owned[kind].set(id, owned)
    const ids = this.#ids[kind].get(worker) ?? new Set()
    this.#ids[kind].set(worker, ids.add(id))
  }
}

const NONE: ReadonlySet<string> = new Set()
const KINDS: readonly OwnedKind[] = ['container', 'image', 'tag', 'volume', 'network']
const REMEMBERED = 1_000

function byKind<T>(make: () => T): Readonly<Record<OwnedKind, T>> {
  return { container: make(), image: make(), tag: make(), volume: make(), network: make() }
}
