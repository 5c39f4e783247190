/** A call of the Engine API: what it names is looked up in the picture of the engine, and on the host. */
import type { Readable } from 'node:stream'
import { decide } from '../decide/decide.ts'
import type { Permit, Verdict } from '../decide/verdict.ts'
import type { Decoded, Operation } from '../decode/operation.ts'
import { parseReference, storedReference } from '../decode/reference.ts'
import { needsImages } from '../decode/properties.ts'
import type { Sending } from '../encode/sending.ts'
import type { Gate } from '../gate.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Claim } from '../record/store.ts'
import type { Resolved } from '../resolve/facts.ts'
import { findImage } from '../resolve/images.ts'
import { hostPathsOf, type HostPaths, type Looked } from '../resolve/paths.ts'
import { resolve } from '../resolve/resolve.ts'
import { stockOf } from '../resolve/stock.ts'
import type { Share } from '../schedule/scheduler.ts'
import type { Until } from '../shared/ending.ts'
import { CLAIM_LABEL, IMAGE_CLAIM_LABEL, WORKER_LABEL } from '../shared/labels.ts'
import type { Caller } from '../workers/caller.ts'
import type { Rights } from '../workers/identity.ts'
import type { Connected } from '../world/feed.ts'
import type { KnownImages } from '../world/known-images.ts'
import type { Call, Resource } from './call.ts'
import type { Right } from './right.ts'
import { isSame } from './same.ts'

export interface Docker extends Resource {
  readonly operation: Operation
  readonly looked: Looked
  readonly facts: Resolved
  readonly permit: Permit
}

/** What a call of the Engine API does it does by this. */
export type DockerRight = Right<Docker>

/** What a door hands over, and what the gate has of the engine. */
interface Parts {
  readonly gate: Gate
  readonly caller: Caller
  readonly connected: Connected
  readonly decoded: Decoded
  /** A body that is passed on as it comes. */
  readonly content: Readable | undefined
  readonly gone: Until
  readonly share: Share
}

export class DockerCall implements Call<Docker> {
  readonly gate: Gate
  readonly caller: Caller
  readonly connected: Connected
  readonly decoded: Decoded
  readonly content: Readable | undefined
  readonly gone: Until
  readonly share: Share

  constructor({ gate, caller, connected, decoded, content, gone, share }: Parts) {
    this.gate = gate
    this.caller = caller
    this.connected = connected
    this.decoded = decoded
    this.content = content
    this.gone = gone
    this.share = share
  }

  get operation(): Operation {
    return this.decoded.operation
  }

  get leftOut(): readonly string[] {
    return this.decoded.leftOut
  }

  /** @throws {LookupAbandoned | EngineUnavailable} */
  async lookUp(rights: Rights): Promise<Looked> {
    const { gate, operation } = this
    const images = needsImages(operation) ? await gate.sight.whenKnown() : gate.sight.known
    await this.#learnMade(rights)
    await this.#learnNamed(rights, images)
    const written = hostPathsOf(gate, rights.worker, operation)
    return { images, paths: written.length === 0 ? NO_PATHS : await this.#pathsOf(rights, written) }
  }

  resolve(worker: WorkerPolicy, looked: Looked): Resolved {
    return resolve(this.gate, worker, this.operation, this.connected.facts, looked)
  }

  resolveAgain(worker: WorkerPolicy, looked: Looked, { facts }: Resolved): Resolved {
    return resolve(this.gate, worker, this.operation, this.connected.facts, looked, facts)
  }

  decide(worker: WorkerPolicy, asked: Resolved): Verdict {
    return decide(worker, this.decoded, asked)
  }

  isSame(permit: Permit, again: Permit): boolean {
    return isSame(permit, again, this.sending(undefined))
  }

  /** @param claim on what is made */
  sending(claim: Claim | undefined): Sending {
    const { minor } = this.connected.facts
    const labels = { ...labelsOf(claim), [WORKER_LABEL]: this.caller.identity.name }
    return { clientMinor: this.decoded.minor ?? minor, engineMinor: minor, labels }
  }

  /** A list tells nothing of what an image names; what was asked for once stays known. */
  async #learnNamed({ worker }: Rights, images: KnownImages | undefined): Promise<void> {
    const { gate, operation } = this
    if (operation.kind !== 'container.create' || images === undefined) return
    const find = () => findImage({ images, ownership: gate.ownership }, worker, operation.image)
    const reference = parseReference(operation.image)
    let image = find()
    if (image === undefined && reference !== undefined) {
      // It can have come since the last list.
      await gate.sight.look([storedReference(reference)])
      image = find()
    }
    if (image !== undefined && image.named === undefined) await gate.sight.look([image.id])
  }

  async #pathsOf({ worker }: Rights, written: readonly string[]): Promise<HostPaths> {
    const { gate, gone } = this
    await using roots = gate.bindRoots.share()
    return await gate.paths.resolve(worker.name, roots, written, gone.signal)
  }

  /** Learns what containers were made with that a gate before this one made; those whose namespaces they are in come to light by it. */
  async #learnMade({ worker }: Rights): Promise<void> {
    const { gate, operation } = this
    const asked = new Set<string>()
    for (;;) {
      const unknown = stockOf(gate, worker, operation).find(
        ({ id, made }) => made === undefined && !asked.has(id),
      )
      if (unknown === undefined) return
      asked.add(unknown.id)
      await gate.learn(unknown.id)
    }
  }
}

const NO_PATHS: HostPaths = new Map()

/** What is made carries its claim. An image hands its labels down to containers: there theirs would be taken for one's own. */
function labelsOf(claim: Claim | undefined): Readonly<Record<string, string>> {
  if (claim?.kind !== 'image') return { [CLAIM_LABEL]: claim?.nonce ?? '' }
  return { [CLAIM_LABEL]: '', [IMAGE_CLAIM_LABEL]: claim.nonce }
}
