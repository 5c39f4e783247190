/** The running gate: what the stages of the pipeline share. */
import type { Recorder } from './audit/recorder.ts'
import type { Engine } from './forward/engine.ts'
import type { BindRoots } from './host/bind-roots.ts'
import type { Pins } from './host/pins.ts'
import type { Policy, WorkerPolicy } from './policy/policy.ts'
import { meantBy, type Meant } from './policy/reach.ts'
import { Execs } from './resolve/execs.ts'
import { Feed } from './resolve/feed.ts'
import { PathLookups } from './resolve/host-paths.ts'
import { Inventory } from './resolve/inventory.ts'
import { readContainer } from './resolve/listed.ts'
import { Ownership } from './resolve/ownership.ts'
import { beginReconciling, reconcileImages } from './resolve/reconcile.ts'
import { Renames } from './resolve/renames.ts'
import type { World } from './resolve/resolve.ts'
import { OneAtATime } from './shared/one-at-a-time.ts'
import { warnOf } from './shared/warn.ts'
import type { Change, Store } from './store/store.ts'

/** What happens to the gate itself, for whoever shows it. */
export interface GateEvents {
  readonly connected: (version: string, minor: number) => void
  readonly lost: (reason: string) => void
  /** A policy names a container of the operator's by what a worker called it: no right hangs on that. @param meant the operator's name */
  readonly unbound: (name: string, meant: string) => void
}

export class Gate implements World {
  readonly engine: Engine
  readonly recorder: Recorder
  readonly inventory = new Inventory()
  readonly execs = new Execs()
  readonly paths = new PathLookups()
  readonly ownership: Ownership
  readonly renames: Renames
  readonly feed: Feed
  readonly pins: Pins
  /** Names of images are given and taken by one call at a time: an engine has no way to do so only if nothing has changed. */
  readonly imageTurns = new OneAtATime()
  readonly #store: Store
  readonly #events: GateEvents
  #workers: ReadonlyMap<string, WorkerPolicy>
  #bindRoots: BindRoots
  #meant: Meant

  constructor(
    engine: Engine,
    store: Store,
    recorder: Recorder,
    pins: Pins,
    policy: Policy,
    bindRoots: BindRoots,
    events: GateEvents,
  ) {
    this.engine = engine
    this.recorder = recorder
    this.#store = store
    this.#events = events
    this.#workers = byName(policy)
    this.#bindRoots = bindRoots
    this.#meant = meantBy(policy.workers)
    this.pins = pins
    this.renames = new Renames(store)
    this.ownership = new Ownership(store, (claim) => {
      pins.release(claim).catch(warnOf('letting go of a bind source'))
    })
    this.feed = new Feed(engine, this.inventory, {
      connected: ({ facts, version }) => {
        events.connected(String(version['Version']), facts.minor)
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
          pins.releaseOthers(this.ownership.containerClaims()).catch(warnOf('letting go of bind sources'))
        }
      },
      imagesListed: () => this.#write(...reconcileImages(this.ownership, this.inventory)),
    })
  }

  /** Writes what has to be on disk before the engine is asked, or a worker is told. @throws {StoreUnavailable} */
  keep(changes: readonly Change[]): Promise<void> {
    return this.#store.write(changes, 'synced')
  }

  /** The policy in force for a worker, or undefined where it has none any more. */
  worker(name: string): WorkerPolicy | undefined {
    return this.#workers.get(name)
  }

  workers(): readonly WorkerPolicy[] {
    return [...this.#workers.values()]
  }

  /** The roots of the policy in force. */
  get bindRoots(): BindRoots {
    return this.#bindRoots
  }

  get meant(): Meant {
    return this.#meant
  }

  /** Puts a new policy into force, whole, with its roots. Running streams go on under the old one. */
  adopt(policy: Policy, bindRoots: BindRoots): void {
    const before = this.#bindRoots
    this.#workers = byName(policy)
    this.#meant = meantBy(policy.workers)
    this.#bindRoots = bindRoots
    before.close().catch(warnOf('letting go of bind roots'))
    this.#tellUnbound()
  }

  #tellUnbound(): void {
    for (const id of this.renames.containers()) {
      const [name, meant] = [this.inventory.container(id)?.name, this.renames.meant(id)]
      if (name === undefined || meant === undefined || name === meant) continue
      if (this.#meant.containers.has(name)) this.#events.unbound(name, meant)
    }
  }

  #write(...changes: readonly (Change | undefined)[]): void {
    const real = changes.filter((change) => change !== undefined)
    // 'kept' is queued whatever the state of the disk, and written as soon as it can be.
    if (real.length > 0) this.#store.write(real, 'kept').catch(warnOf('recording whose objects are gone'))
  }
}

function byName(policy: Policy): ReadonlyMap<string, WorkerPolicy> {
  return new Map(policy.workers.map((worker) => [worker.name, worker]))
}
