/** One call as it is decided: by the rights in force at that moment, on what is true then. */
import type { Readable } from 'node:stream'
import { recordDetail, type Detail } from '../audit/detail.ts'
import type { Decoded } from '../decode/operation.ts'
import { needsImages } from '../decode/properties.ts'
import type { Gate } from '../gate.ts'
import type { Caller } from '../workers/caller.ts'
import type { Rights } from '../workers/identity.ts'
import { decide } from '../decide/decide.ts'
import { withinRecord } from '../decide/record-size.ts'
import type { Verdict } from '../decide/verdict.ts'
import type { Facts } from '../resolve/facts.ts'
import type { Connected } from '../world/feed.ts'
import type { Share } from '../schedule/scheduler.ts'
import type { Until } from '../shared/ending.ts'
import { hostPathsOf, resolve, stockOf, type HostPaths, type Looked } from '../resolve/resolve.ts'

/** What every stage of one call works on. */
export interface Call {
  readonly gate: Gate
  readonly caller: Caller
  readonly connected: Connected
  readonly decoded: Decoded
  /** A body that is passed on as it comes. */
  readonly content: Readable | undefined
  /** Ends when its client goes away. */
  readonly gone: Until
  /** What the worker has of the thread. */
  readonly share: Share
}

export interface Decision {
  readonly rights: Rights
  readonly looked: Looked
  readonly facts: Facts
  readonly verdict: Verdict
  /** The operation as the record will hold it. */
  readonly detail: Detail
}

/** The worker is served no more. */
export class Ended extends Error {
  override readonly name = 'Ended'

  constructor(worker: string) {
    super(`the policy has no worker ${worker} any more`)
  }
}

/**
 * Looks up what takes time, and gives the rights that were in force before and after.
 * @throws {Ended | LookupAbandoned | EngineUnavailable}
 */
export async function lookUp(call: Call): Promise<{ readonly rights: Rights; readonly looked: Looked }> {
  const { gate, caller, decoded, gone, share } = call
  for (;;) {
    const rights = rightsOf(caller)
    const images = needsImages(decoded.operation) ? await gate.sight.whenKnown() : gate.sight.known
    await learnMade(call, rights)
    const written = hostPathsOf(gate, rights.worker, decoded.operation)
    const paths = written.length === 0 ? NO_PATHS : await pathsOf(gate, rights, written, gone)
    await share.turn()
    if (caller.identity.rights === rights) return { rights, looked: { paths, images } }
  }
}

const NO_PATHS: HostPaths = new Map()

async function pathsOf(
  gate: Gate,
  { worker }: Rights,
  written: readonly string[],
  gone: Until,
): Promise<HostPaths> {
  await using roots = gate.bindRoots.share()
  return await gate.paths.resolve(worker.name, roots, written, gone.signal)
}

/** Learns what containers were made with that a gate before this one made; those whose namespaces they are in come to light by it. */
async function learnMade({ gate, decoded }: Call, { worker }: Rights): Promise<void> {
  const asked = new Set<string>()
  for (;;) {
    const unknown = stockOf(gate, worker, decoded.operation).find(
      ({ id, made }) => made === undefined && !asked.has(id),
    )
    if (unknown === undefined) return
    asked.add(unknown.id)
    await gate.learn(unknown.id)
  }
}

/** @throws {Ended} */
export function rightsOf({ identity }: Pick<Caller, 'identity'>): Rights {
  const { rights } = identity
  if (rights === undefined) throw new Ended(identity.section)
  return rights
}

/** What the record will hold of a call, once its secrets are hashed. */
export async function textOf({ gate, share }: Call, detail: Detail, verdict: Verdict): Promise<string> {
  const text = gate.recorder.detailOf(detail, verdict)
  return typeof text === 'string' ? text : share.run(text)
}

/** Decides a call. Nothing waits in it: calls made at the same moment count each other. */
export function decideCall(call: Call, rights: Rights, looked: Looked): Decision {
  const { gate, connected, decoded } = call
  const facts = resolve(gate, rights.worker, decoded.operation, connected.facts, looked)
  return judge(call, { rights, looked, facts })
}

/** Decides it once more. What it has taken meanwhile itself counts as it did before. */
export function decideAgain(
  call: Call,
  rights: Rights,
  { facts: before, looked: seen }: Pick<Decision, 'facts' | 'looked'>,
  looked = seen,
): Decision {
  const { gate, connected, decoded } = call
  const now = resolve(gate, rights.worker, decoded.operation, connected.facts, looked)
  const { usage, updating, eventStreams, imagesListed, volumes, networkTaken } = before
  const isSame = now.container?.id === before.container?.id
  const { running = false, started = false } = before.container ?? {}
  const facts = {
    ...now,
    ...{ usage, updating, eventStreams, imagesListed, volumes, networkTaken },
    // What was granted in the state that a container had then goes on in another.
    container: now.container && isSame ? { ...now.container, running, started } : now.container,
    exec: now.exec && { ...now.exec, made: before.exec?.made },
  }
  return judge(call, { rights, looked, facts })
}

function judge({ decoded }: Call, about: Pick<Decision, 'rights' | 'looked' | 'facts'>): Decision {
  const decided = decide(about.rights.worker, decoded, about.facts)
  const detail = recordDetail(decoded.operation, decided)
  return { ...about, detail, verdict: withinRecord(decided, detail.size) }
}
