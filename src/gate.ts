/** The running gate: what the stages of the pipeline share. */
import type { Recorder } from './audit/recorder.ts'
import { CallEngine, type Standing } from './engine/call-engine.ts'
import { EngineUnavailable, type Engine } from './engine/engine.ts'
import type { BindRoots } from './host/bind-roots.ts'
import type { ContainerSockets } from './host/container-sockets.ts'
import type { Pins } from './host/pins.ts'
import { Identity } from './workers/identity.ts'
import type { Policy, WorkerPolicy } from './policy/policy.ts'
import { meantBy, type Meant } from './policy/reach.ts'
import { Execs } from './world/execs.ts'
import { Feed } from './world/feed.ts'
import { PathLookups } from './resolve/host-paths.ts'
import { ImageSight } from './world/image-sight.ts'
import { Inventory } from './world/inventory.ts'
import { readContainer } from './world/listed.ts'
import { MadeWith } from './world/made.ts'
import { Ownership } from './world/ownership.ts'
import { BuildGroups } from './host/build-groups.ts'
import { Builds } from './world/builds.ts'
import { beginReconciling, reconcileImages } from './world/reconcile.ts'
import { Renames } from './world/renames.ts'
import { Reservations } from './world/reservations.ts'
import type { World } from './world/world.ts'
import { Scheduler } from './schedule/scheduler.ts'
import { Roster } from './workers/roster.ts'
import { RunningCalls } from './workers/running.ts'
import { ImageTurns } from './world/image-turns.ts'
import { learnMade } from './world/learn-made.ts'
import { warnOf } from './shared/warn.ts'
import type { Change, Store } from './record/store.ts'

/** A worker that is to be served. */
export interface Served {
  readonly identity: Identity
  /** Why it is another than the one that had its name before; undefined where it is not. */
  readonly another: string | undefined
  /** How many things those that had its name before have left, out of its reach. */
  readonly left: number
}

/** What happens to the gate itself, for whoever shows it. */
export interface GateEvents {
  /** @param unheld limits that this engine does not hold */
  readonly connected: (version: string, minor: number, unheld: readonly string[]) => void
  readonly lost: (reason: string) => void
  /** All images are known; or they are not yet, and what needs them is refused. */
  readonly imagesKnown: (isKnown: boolean) => void
  /** A policy names a container of the operator's by what a worker called it: no right hangs on that. @param meant the operator's name */
  readonly unbound: (name: string, meant: string) => void
}

/** What a gate has on this host, beside its record. */
interface OnHost {
  readonly pins: Pins
  readonly sockets: ContainerSockets
  /** Keeps builds of workers apart. */
  readonly buildSecret: Buffer
}

/** A policy in force: one value with a number, put in the place of the one before in one step. */
export interface PolicyInForce extends Policy {
  readonly number: number
  /** Milliseconds since 1970. */
  readonly since: number
}

export class Gate implements World {
  readonly recorder: Recorder
  readonly inventory = new Inventory()
  readonly execs = new Execs()
  readonly builds: Builds
  /** Groups of processes of what is built. */
  readonly buildGroups = new BuildGroups()
  readonly paths = new PathLookups()
  readonly made: MadeWith
  /** Whose turn it is to have work done. */
  readonly scheduler = new Scheduler()
  readonly ownership: Ownership
  readonly renames: Renames
  /** Diagnostics of the host that go on, by their workers. */
  readonly diagnostics = new Reservations()
  /** What goes on by the rights of workers. */
  readonly running = new RunningCalls()
  readonly feed: Feed
  readonly pins: Pins
  readonly sockets: ContainerSockets
  readonly sight: ImageSight
  readonly imageTurns: ImageTurns
  readonly #engine: Engine
  readonly #store: Store
  readonly #events: GateEvents
  readonly #roster: Roster
  /** Workers that are served, by their names in the policy. */
  readonly #identities = new Map<string, Identity>()
  #policy: PolicyInForce
  #bindRoots: BindRoots
  #meant: Meant

  constructor(
    engine: Engine,
    store: Store,
    recorder: Recorder,
    { pins, sockets, buildSecret }: OnHost,
    policy: Policy,
    bindRoots: BindRoots,
    events: GateEvents,
  ) {
    this.builds = new Builds(buildSecret)
    this.#engine = engine
    this.recorder = recorder
    this.#store = store
    this.#events = events
    this.#policy = { ...policy, number: 1, since: Date.now() }
    this.#bindRoots = bindRoots
    this.#meant = meantBy(policy.workers)
    this.pins = pins
    this.sockets = sockets
    this.renames = new Renames(store)
    this.made = new MadeWith(store)
    this.ownership = new Ownership(store, (claim) => {
      this.made.forget(claim)
      pins.release(claim).catch(warnOf('letting go of a bind source'))
    })
    this.#roster = new Roster(store, this.ownership.owners())
    this.#write(...this.#roster.retain(policy.workers.map(({ name }) => name)))
    this.sight = new ImageSight(engine, {
      changed: (images) => this.#write(...reconcileImages({ images, ownership: this.ownership })),
      known: events.imagesKnown,
    })
    this.imageTurns = new ImageTurns(this.sight, this.ownership)
    this.feed = new Feed(engine, this.inventory, this.sight, {
      connected: ({ facts, version, unheld }) => {
        events.connected(String(version['Version']), facts.minor, unheld)
        this.#tellUnbound()
      },
      lost: events.lost,
      removed: ({ kind, id }) => {
        const volume = kind === 'volume' ? this.ownership.get(kind, id) : undefined
        // It may be late news, of the one before that had its name.
        if (volume !== undefined) return this.feed.lookAtVolume(volume)
        const renamed = kind === 'container' ? this.renames.gone(id) : []
        this.#write(this.ownership.forget(kind, id), ...renamed)
      },
      volumeFound: (owned, claim) => this.#write(this.ownership.forgetUnlessThere(owned, claim)),
      following: () => this.renames.following(),
      named: (id, name) => this.#write(...this.renames.told(id, name)),
      made: (nonce, id, name) => {
        const claim = this.ownership.unsureClaim(nonce)
        if (claim !== undefined) this.#write(this.ownership.settle(claim, id, name))
      },
      listing: () => {
        const reconcile = beginReconciling(this.ownership)
        const settleNames = this.renames.beginListing()
        return (lists) => {
          const names = lists.containers.map(readContainer).map(({ id, name }) => [id, name] as const)
          this.#write(...reconcile(lists), ...settleNames(new Map(names)))
          if (this.ownership.unsureClaims().length > 0 || this.renames.isUnsure()) this.feed.resyncLater()
          pins
            .releaseOthers((claim) => this.ownership.containerClaims().has(claim))
            .catch(warnOf('letting go of bind sources'))
        }
      },
    })
  }

  /** Writes what has to be on disk before the engine is asked, or a worker is told. @throws {StoreUnavailable} */
  persist(changes: readonly Change[]): Promise<void> {
    return this.#store.write(changes, 'synced')
  }

  get policy(): PolicyInForce {
    return this.#policy
  }

  /** Workers that are served. */
  get identities(): readonly Identity[] {
    return [...this.#identities.values()]
  }

  /** The roots of the policy in force. */
  get bindRoots(): BindRoots {
    return this.#bindRoots
  }

  get meant(): Meant {
    return this.#meant
  }

  /** The engine for what a call does. */
  engineFor(standing: Standing): CallEngine {
    return new CallEngine(this.#engine, standing)
  }

  /**
   * Puts a new policy into force, whole and in one step: from here on nothing goes out by the one before, and what goes on by a
   * right that it does not give has ended. Workers that it does not name, or on another socket, are ended.
   */
  adopt(policy: Policy, bindRoots: BindRoots): void {
    const number = this.#policy.number + 1
    const before = this.#bindRoots
    this.#policy = { ...policy, number, since: Date.now() }
    this.#meant = meantBy(policy.workers)
    this.#bindRoots = bindRoots
    before.close().catch(warnOf('letting go of bind roots'))
    this.#tellUnbound()
    const sections = new Map(policy.workers.map((worker) => [worker.name, worker]))
    const changed = new Set(
      this.identities.filter((identity) => identity.adopt(sections.get(identity.section), number)),
    )
    this.running.review(changed)
    if (policy.onReload === 'cut') {
      this.running.end(changed, 'policy.on_reload is cut')
      for (const identity of changed) identity.cut()
    }
    for (const identity of changed) if (identity.rights === undefined) this.#forget(identity)
    this.#write(...this.#roster.retain([...sections.keys()]))
    for (const identity of this.identities) this.#write(...this.#inheritances(identity))
  }

  /**
   * The worker of a section of the policy in force, as it is to be served: the one that is served, or another.
   * @param account whose its socket is
   * @throws {StoreUnavailable} where that can't be put on disk
   */
  async admit(worker: WorkerPolicy, account: string): Promise<Served> {
    const served = this.#identities.get(worker.name)
    const { name, changes, another } = this.#roster.admit(worker.name, account)
    this.#write(...changes)
    if (served !== undefined && served.name !== name) this.end(served)
    const identity = this.#identities.get(worker.name) ?? new Identity(name, worker, this.#policy.number)
    this.#identities.set(worker.name, identity)
    this.#write(...this.#inheritances(identity))
    await this.persist([])
    return { identity, another, left: this.leftBefore(identity) }
  }

  /** How many things those that had a worker's name before it have left, out of its reach. */
  leftBefore({ section }: Identity): number {
    return this.#roster.before(section).reduce((sum, from) => sum + this.ownership.count(from), 0)
  }

  /** Ends a worker, with all that goes on by its rights. */
  end(identity: Identity): void {
    identity.end()
    this.running.review(new Set([identity]))
    this.#forget(identity)
  }

  /** Whether containers of a worker may have the socket that is mounted for them; while the engine is away that is not known. */
  mayHaveSocket(worker: string): boolean {
    const ids = [...this.ownership.idsOf(worker, 'container')]
    const isIts = ({ source }: { readonly source: string }): boolean =>
      this.sockets.workerAt(source) === worker
    return (
      this.feed.connected === undefined ||
      ids.some((id) => this.inventory.container(id)?.binds.some(isIts) === true)
    )
  }

  /** Asks the engine what a worker's container was made with, where that is not known. @throws {EngineUnavailable} */
  async learn(id: string): Promise<void> {
    const minor = this.feed.connected?.facts.minor
    if (minor === undefined) throw new EngineUnavailable('the engine is away')
    this.#write(await learnMade(this, this.#engine, minor, id))
  }

  #tellUnbound(): void {
    for (const id of this.renames.containers()) {
      const [name, meant] = [this.inventory.container(id)?.name, this.renames.meant(id)]
      if (name === undefined || meant === undefined || name === meant) continue
      if (this.#meant.containers.has(name)) this.#events.unbound(name, meant)
    }
  }

  #forget(identity: Identity): void {
    this.execs.forget(identity.name)
    if (this.#identities.get(identity.section) === identity) this.#identities.delete(identity.section)
  }

  /** Gives a worker what those had that had its name before it, where its policy says so. */
  #inheritances({ name, section, rights }: Identity): readonly Change[] {
    if (rights?.worker.inherits !== true) return []
    return this.#roster.before(section).flatMap((from) => this.ownership.bequeath(from, name))
  }

  #write(...changes: readonly (Change | undefined)[]): void {
    const real = changes.filter((change) => change !== undefined)
    // 'kept' is queued whatever the state of the disk, and written as soon as it can be.
    if (real.length > 0) this.#store.write(real, 'kept').catch(warnOf('recording what is known of objects'))
  }
}
