/** What the operator sees of each worker: its limits, and what it has. */
import { setTimeout as pause } from 'node:timers/promises'
import { EngineUnavailable } from '../../engine/engine.ts'
import type { Gate } from '../../gate.ts'
import type { WorkerPolicy } from '../../policy/policy.ts'
import { calledSo } from '../../policy/space.ts'
import type { OwnedKind } from '../../record/store.ts'
import { containersInReach } from '../../resolve/containers.ts'
import { findMisfits, type Misfit } from '../../rights/misfits.ts'
import type { Share, Steps } from '../../schedule/scheduler.ts'

/** Memory in bytes, CPUs in nano-CPUs. */
export interface WorkerStatus {
  /** In the record: `ai-worker`, or `ai-worker.2` for the second of that name. */
  readonly name: string
  readonly socket: string
  readonly containers: readonly ContainerStatus[]
  readonly images: readonly Named[]
  readonly volumes: readonly string[]
  readonly networks: readonly Named[]
  readonly limits: { readonly containers: number; readonly memory: number; readonly nanoCpus: number }
  readonly usage: { readonly containers: number; readonly memory: number; readonly nanoCpus: number }
}

export interface ContainerStatus {
  readonly id: string
  /** As the engine has it. */
  readonly name: string
  /** What the worker calls it. */
  readonly word: string
  readonly running: boolean
  /** Why it does not fit the policy any more. */
  readonly misfit?: string
}

/** Something by its id, with the names that it has. */
export interface Named {
  readonly id: string
  readonly names: readonly string[]
}

/** Milliseconds that is waited for what fits no more: a worker's folders and the engine may take their time. */
const LONGEST = 2_000

/** The workers of the policy in force. */
export async function workersOf(gate: Gate, share: Share): Promise<readonly WorkerStatus[]> {
  const isThere = gate.feed.connected !== undefined
  const misfits = isThere ? await Promise.race([knownMisfits(gate), pause(LONGEST, [])]) : []
  return share.run(describeAll(gate, misfits))
}

/** Nothing where the engine is away. */
async function knownMisfits(gate: Gate): Promise<readonly Misfit[]> {
  return findMisfits(gate).catch((cause: unknown) => {
    if (cause instanceof EngineUnavailable) return []
    throw cause
  })
}

function* describeAll(gate: Gate, misfits: readonly Misfit[]): Steps<readonly WorkerStatus[]> {
  const described: WorkerStatus[] = []
  for (const section of gate.policy.workers) {
    yield
    described.push(describe(gate, section, misfits))
  }
  return described
}

function describe(gate: Gate, section: WorkerPolicy, misfits: readonly Misfit[]): WorkerStatus {
  const identity = gate.identities.find((served) => served.section === section.name)
  const name = identity?.name ?? section.name
  const { limits } = section.docker.run
  const own = (kind: OwnedKind): readonly string[] => [...gate.ownership.idsOf(name, kind)]
  return {
    name,
    socket: section.socket.path,
    containers: containersInReach(gate, calledSo(section, name))
      .filter(({ owner }) => owner === 'self')
      .map(({ id, name: called, word, running }) => {
        const misfit = misfits.find((one) => one.id === id)
        const why = misfit && { misfit: `${misfit.rule}: ${misfit.what}: ${misfit.why}` }
        return { id, name: called, word, running, ...why }
      }),
    images: imagesOf(gate, own('image'), own('tag')),
    volumes: own('volume'),
    networks: own('network').map((id) => ({ id, names: namesOf(gate, 'network', id) })),
    limits: {
      containers: limits.containers,
      memory: limits.totalMemory,
      nanoCpus: limits.totalNanoCpus,
    },
    usage: gate.ownership.usage(name),
  }
}

/** Images that a worker brought, and those of others that it gave a name. */
function imagesOf(gate: Gate, ids: readonly string[], tags: readonly string[]): readonly Named[] {
  const images = new Map<string, string[]>(ids.map((id) => [id, []]))
  for (const tag of tags) {
    const [id] = namesOf(gate, 'tag', tag)
    if (id !== undefined) images.set(id, [...(images.get(id) ?? []), tag])
  }
  return [...images].map(([id, names]) => ({ id, names }))
}

/** What something owned is called; of a tag, the image that it was given to. */
function namesOf(gate: Gate, kind: OwnedKind, id: string): readonly string[] {
  const name = gate.ownership.get(kind, id)?.name ?? ''
  return name === '' ? [] : [name]
}
