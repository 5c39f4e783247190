/**
 * Keeps the inventory current: lists everything but images, then follows the engine's events; begins anew whenever the stream breaks.
 * While it is down the gate knows nothing for sure, and says so instead of deciding on old facts.
 */
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { EngineUnavailable, type Engine } from '../engine/engine.ts'
import { NEWEST_MINOR, OLDEST_MINOR } from '../decode/target.ts'
import {
  aboutEngine,
  followEvents,
  listAll,
  listNetworks,
  ping,
  type Asking,
  type EngineLists,
  type Ping,
} from '../engine/questions/system.ts'
import { inspectVolume } from '../engine/questions/volumes.ts'
import { faultsOf } from '../faults/faults-of.ts'
import { Ending } from '../shared/ending.ts'
import { listOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import type { Owned } from '../record/store.ts'
import { applyEvent, EVENT_ACTIONS, type Gone } from './events.ts'
import type { EngineFacts } from './engine-facts.ts'
import type { Inventory } from './inventory.ts'
import type { Heard } from './image-sight.ts'
import { splitLines } from './lines.ts'
import { readContainer } from './listed.ts'
import { unheldLimits } from './unheld.ts'

const EVENT_TYPES = ['container', 'image', 'volume', 'network']
/** Milliseconds between two listings while it is not known what came of a call. */
const RESYNC = 60_000
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 2_000
/** Milliseconds between two listings of networks, where there are no events of them. */
const NETWORKS = 5_000

/** What is known of the engine while it is connected. */
export interface Connected {
  readonly facts: EngineFacts
  /** Answers that do not change while an engine runs. */
  readonly pingHeaders: Readonly<Record<string, string>>
  readonly version: Unknown
  /** Where the engine keeps everything; empty where it does not say. */
  readonly dataRoot: string
  /** Limits that it does not hold, by the policy's words. */
  readonly unheld: readonly string[]
}

/** What others want to know of. */
export interface FeedEvents {
  readonly connected: (connected: Connected) => void
  readonly lost: (reason: string) => void
  /** Events are about to be followed, before everything is listed anew. */
  readonly following: () => void
  readonly removed: (gone: Gone) => void
  /** The claim that the volume of that name carries now, undefined where there is none. */
  readonly volumeFound: (owned: Owned, claim: string | undefined) => void
  /** What a container is called, by an event or a listing. */
  readonly named: (id: string, name: string) => void
  /** A container was made whose labels hold a claim. */
  readonly made: (claim: string, id: string, name: string) => void
  /** Everything is about to be listed; what it returns is called with the lists. */
  readonly listing: () => (lists: EngineLists) => void
}

/** What knows of images, all of which it takes long to list: the rest is known without them. */
interface Images {
  readonly follow: (engine: Pick<EngineFacts, 'minor' | 'podman'>) => void
  readonly lose: () => void
  readonly heard: (heard: Heard) => void
  readonly listSoon: () => void
}

export class Feed {
  readonly #engine: Engine
  readonly #inventory: Inventory
  readonly #images: Images
  readonly #events: FeedEvents
  readonly #stop = new Ending()
  #connected: Connected | undefined
  #resyncTimer: NodeJS.Timeout | undefined

  constructor(engine: Engine, inventory: Inventory, images: Images, events: FeedEvents) {
    this.#engine = engine
    this.#inventory = inventory
    this.#images = images
    this.#events = events
  }

  /** What is known of the engine, or undefined while it is away. */
  get connected(): Connected | undefined {
    return this.#connected
  }

  get #asking(): Asking {
    return { engine: this.#engine, until: this.#stop }
  }

  /** Follows the engine until `close`. Resolves then. */
  async run(): Promise<void> {
    let wait = FIRST_PAUSE
    while (!this.#stop.isOver) {
      try {
        await this.#follow(() => {
          wait = FIRST_PAUSE
        })
      } catch (cause) {
        if (this.#stop.isOver) return
        this.#lose(cause instanceof Error ? cause.message : 'unknown')
      }
      await pause(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      wait = Math.min(wait * 2, LONGEST_PAUSE)
    }
  }

  close(): void {
    this.#images.lose()
    clearTimeout(this.#resyncTimer)
    this.#stop.end()
  }

  /**
   * Settles open questions by what the engine lists, for when it is not known what came of a call.
   * The inventory stays: what was made while the lists were on their way is not in them.
   */
  resyncNow(): void {
    this.#resync()
    this.resyncLater()
  }

  /** The same after a while, when an engine has done, or will not do, what it was at. */
  resyncLater(): void {
    if (this.#resyncTimer !== undefined || this.#stop.isOver) return
    this.#resyncTimer = setTimeout(() => {
      this.#resyncTimer = undefined
      this.#resync()
    }, RESYNC).unref()
  }

  /** Asks which volume has the name of an owned one now. */
  lookAtVolume(owned: Owned): void {
    const minor = this.#connected?.facts.minor
    if (minor === undefined) return
    void inspectVolume(this.#engine, minor, owned.id).then(
      ({ status, claim }) => {
        if (status === 200) this.#events.volumeFound(owned, claim)
        else if (status === 404) this.#events.volumeFound(owned, undefined)
        else this.resyncLater()
      },
      () => this.resyncLater(),
    )
  }

  #resync(): void {
    const minor = this.#connected?.facts.minor
    if (minor === undefined) return
    const reconcile = this.#events.listing()
    this.#images.listSoon()
    void listAll(this.#asking, minor).then(
      (lists) => {
        // An event tells of a container, but not of its binds, and of its image by the name alone.
        for (const { id, image, binds } of lists.containers.map(readContainer))
          this.#inventory.changeContainer(id, { image, binds })
        reconcile(lists)
      },
      // An engine that stalls loses no stream, which would begin everything anew.
      () => this.resyncLater(),
    )
  }

  async #follow(onConnected: () => void): Promise<void> {
    const answered = await ping(this.#asking, { oldest: OLDEST_MINOR, newest: NEWEST_MINOR })
    const minor = answered.spoken.newest
    this.#events.following()
    const stream = await followEvents(this.#asking, minor, EVENT_TYPES, EVENT_ACTIONS)
    try {
      this.#images.follow({ minor, podman: answered.podman })
      await this.#connect(stream, answered, onConnected)
    } finally {
      stream.destroy()
    }
  }

  /** Lists everything, then follows the stream until it ends. */
  async #connect(
    stream: IncomingMessage,
    { spoken, podman, pingHeaders, version }: Ping,
    onConnected: () => void,
  ): Promise<void> {
    const minor = spoken.newest
    // Events that arrive while the lists are read wait in the stream, and are applied after them.
    const { info, libpod } = await aboutEngine(this.#asking, minor, podman)
    await this.#listAll(minor)
    const cpus = Number(info['NCPU'] ?? 0)
    const facts = {
      minor,
      oldest: spoken.oldest,
      nanoCpus: cpus > 0 ? cpus * 1e9 : undefined,
      logDriver: textOf(info['LoggingDriver']),
      podman,
      rootless: textsOf(info['SecurityOptions']).includes('name=rootless'),
      containerd: isContainerd(info['DriverStatus']),
      faults: faultsOf({ version, info }),
    }
    const dataRoot = textOf(info['DockerRootDir'])
    const unheld = unheldLimits(info, libpod)
    this.#connected = { facts, pingHeaders, version, dataRoot, unheld }
    this.#events.connected(this.#connected)
    onConnected()
    // Podman before 5 has no events of networks (libpod/events).
    const relisting = podman ? setInterval(() => this.#relistNetworks(minor), NETWORKS) : undefined
    try {
      await this.#apply(stream)
    } finally {
      clearInterval(relisting)
    }
    throw new EngineUnavailable("the engine's stream of events ended")
  }

  #lose(reason: string): void {
    const was = this.#connected
    this.#connected = undefined
    this.#images.lose()
    if (was !== undefined) this.#events.lost(reason)
  }

  async #apply(stream: IncomingMessage): Promise<void> {
    for await (const line of splitLines(stream)) {
      const effect = applyEvent(this.#inventory, JSON.parse(line))
      if (effect?.kind === 'images') this.#images.heard(effect)
      else if (effect?.kind === 'made') this.#events.made(effect.claim, effect.id, effect.name)
      else if (effect?.kind === 'renamed') this.#events.named(effect.id, effect.name)
      else if (effect !== undefined) this.#events.removed(effect)
    }
  }

  async #listAll(minor: number): Promise<void> {
    const reconcile = this.#events.listing()
    const lists = await listAll(this.#asking, minor)
    const named = lists.networks.map((network) => [textOf(network['Id']), textOf(network['Name'])] as const)
    const containers = lists.containers.map(readContainer)
    this.#inventory.replaceContainers(containers)
    for (const { id, name } of containers) this.#events.named(id, name)
    this.#inventory.replaceVolumes(lists.volumes.map((volume) => textOf(volume['Name'])))
    this.#inventory.replaceNetworks(new Map(named))
    reconcile(lists)
  }

  #relistNetworks(minor: number): void {
    const before = this.#inventory.networkIds()
    // A listing that fails is followed by a lost stream, which begins everything anew.
    void listNetworks(this.#asking, minor).then(
      (listed) => {
        for (const network of listed)
          this.#inventory.putNetwork(textOf(network['Id']), textOf(network['Name']))
        const there = new Set(listed.map((network) => textOf(network['Id'])))
        for (const id of before.filter((known) => !there.has(known))) {
          this.#inventory.removeNetwork(id)
          this.#events.removed({ kind: 'network', id })
        }
      },
      () => undefined,
    )
  }
}

/** Whether images are in containerd's store, which only the driver's status tells (moby, daemon/containerd/service.go). */
function isContainerd(status: unknown): boolean {
  return listOf(status).some((pair) => listOf(pair)[1] === 'io.containerd.snapshotter.v1')
}
