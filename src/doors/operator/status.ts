/** What the running gate says of itself. */
import { reachedBy, type ReachedFault } from '../../faults/lines.ts'
import type { Gate } from '../../gate.ts'
import { describePolicy } from '../../policy/show.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Store } from '../../record/store.ts'
import { textOf } from '../../shared/json-value.ts'
import { VERSION } from '../../shared/version.ts'

/** Memory in bytes, times in seconds. */
export interface Status {
  readonly version: string
  readonly engine: {
    readonly url: string
    readonly connected: boolean
    readonly version: string
    /** Whether it is known which images there are. */
    readonly imagesKnown: boolean
    /** Limits that it does not hold, by the policy's words. */
    readonly unheld: readonly string[]
    /** Why steps of builds have no limits, where they have none. */
    readonly builds?: string
    /** Faults that it has, or may have; none while it is away. */
    readonly faults: readonly ReachedFault[]
  }
  /** The policy's file. */
  readonly policy: string
  /** What there is of workers that the policy does not have, or not any more, by the names that they had. */
  readonly left: readonly { readonly worker: string; readonly things: number }[]
  readonly store: {
    readonly directory: string
    readonly entries: number
    readonly head: string
    readonly failing?: string
  }
  /** Bytes of memory in use, and seconds since the start. */
  readonly process: { readonly id: number; readonly memory: number; readonly uptime: number }
}

/** The policy that is in force, whatever its file says by now. */
export interface PolicyShown {
  readonly file: string
  /** 1 for the one that the gate started with, one more for each since. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly since: number
  /** As it was written. */
  readonly text: string
  /** What it gives, in plain words. */
  readonly summary: string
  /** With every default filled in. */
  readonly policy: Policy
}

/** What the gate was started with, and stands on. */
export interface Setting {
  readonly directory: string
  readonly url: string
  /** The policy's file. */
  readonly policy: string
  /** What was written in it when the policy in force was loaded. */
  readonly written: () => string
  readonly store: Pick<Store, 'state'>
}

export function statusOf(gate: Gate, { directory, url, policy, store }: Setting): Status {
  const connected = gate.feed.connected
  const { entries, head, failing } = store.state()
  return {
    version: VERSION,
    engine: {
      url,
      connected: connected !== undefined,
      version: textOf(connected?.version['Version']),
      imagesKnown: gate.sight.known !== undefined,
      unheld: connected?.unheld ?? [],
      ...(gate.buildGroups.complaint === undefined ? {} : { builds: gate.buildGroups.complaint }),
      faults: faultsOf(gate),
    },
    policy,
    left: leftOf(gate),
    store: { directory, entries, head, ...(failing === undefined ? {} : { failing }) },
    process: { id: process.pid, memory: process.memoryUsage.rss(), uptime: Math.round(process.uptime()) },
  }
}

function faultsOf({ feed, policy }: Gate): readonly ReachedFault[] {
  const faults = feed.connected?.facts.faults ?? []
  return reachedBy(faults, policy)
}

function leftOf(gate: Gate): Status['left'] {
  const served = gate.identities.map(({ name }) => name)
  return [...gate.ownership.owners()]
    .filter((owner) => !served.includes(owner))
    .map((worker) => ({ worker, things: gate.ownership.count(worker) }))
}

export function policyOf(gate: Gate, { policy: file, written }: Setting): PolicyShown {
  const { number, since, ...policy } = gate.policy
  return { file, number, since, text: written(), summary: `${describePolicy(policy)}\n`, policy }
}
