/** The running gate: what the stages of the pipeline share. */
import type { Recorder } from './audit/recorder.ts'
import type { Engine } from './forward/engine.ts'
import type { BindRoots } from './host/bind-roots.ts'
import type { Pins } from './host/pins.ts'
import type { Policy, WorkerPolicy } from './policy/policy.ts'
import { Execs } from './resolve/execs.ts'
import { Feed } from './resolve/feed.ts'
import { PathLookups } from './resolve/host-paths.ts'
import { Inventory } from './resolve/inventory.ts'
import { Ownership } from './resolve/ownership.ts'
import { beginReconciling, reconcileImages } from './resolve/reconcile.ts'
import type { World } from './resolve/resolve.ts'
import { OneAtATime } from './shared/one-at-a-time.ts'
import { warnOf } from './shared/warn.ts'
import type { Change, Store } from './store/store.ts'

/** What happens to the gate itself, for whoever shows it. */
export interface GateEvents {
  readonly connected: (version: string, minor: number) => void
  readonly lost: (reason: string) => void
}

export class Gate implements World {
  readonly engine: Engine
  readonly recorder: Recorder
  readonly inventory = new Inventory()
  readonly execs = new Execs()
  readonly paths = new PathLookups()
  readonly ownership: Ownership
  readonly feed: Feed
  readonly pins: Pins
  /** Names of images are given and taken by one call at a time: an engine has no way to do so only if nothing has changed. */
  readonly imageTurns = new OneAtATime()
  readonly #store: Store
  #workers: ReadonlyMap<string, WorkerPolicy>
  #bindRoots: BindRoots

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
    this.#workers = byName(policy)
    this.#bindRoots = bindRoots
    this.pins = pins
    this.ownership = new Ownership(store, (claim) => {
      pins.release(claim).catch(warnOf('letting go of a bind source'))
    })
    this.feed = new Feed(engine, this.inventory, {
      connected: ({ facts, version }) => events.connected(String(version['Version']), facts.minor),
      lost: events.lost,
      removed: ({ kind, id }) => {
        const volume = kind === 'volume' ? this.ownership.get(kind, id) : undefined
        // It may be late news, of the one before that had its name.
        if (volume !== undefined) this.feed.lookAtVolume(volume)
        else this.#write(this.ownership.forget(kind, id))
      },
      volumeFound: (owned, claim) => this.#write(this.ownership.forgetUnlessThere(owned, claim)),
      made: (nonce, id, name) => {
        const claim = this.ownership.unsureClaim(nonce)
        if (claim !== undefined) this.#write(this.ownership.settle(claim, id, name))
      },
      listing: () => {
        const reconcile = beginReconciling(this.ownership)
        return (lists) => {
          this.#write(...reconcile(lists))
          if (this.ownership.unsureClaims().length > 0) this.feed.resyncLater()
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

  /** Puts a new policy into force, whole, with its roots. Running streams go on under the old one. */
  adopt(policy: Policy, bindRoots: BindRoots): void {
    const before = this.#bindRoots
    this.#workers = byName(policy)
    this.#bindRoots = bindRoots
    before.close().catch(warnOf('letting go of bind roots'))
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
