/** A diagnostic of the host: a program with its arguments. It needs no engine. */
import { isDeepStrictEqual } from 'node:util'
import { decideDiagnostic } from '../decide/host.ts'
import type { HostPermit, Verdict } from '../decide/verdict.ts'
import type { HostDiagnostic } from '../decode/operations/host.ts'
import type { Gate } from '../gate.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { HostFacts } from '../resolve/facts.ts'
import { resolveDiagnostic } from '../resolve/host.ts'
import type { Share } from '../schedule/scheduler.ts'
import type { Until } from '../shared/ending.ts'
import type { Caller } from '../workers/caller.ts'
import type { Call, Resource } from './call.ts'

export interface Host extends Resource {
  readonly operation: HostDiagnostic
  readonly looked: null
  readonly facts: HostFacts
  readonly permit: HostPermit
}

export class HostCall implements Call<Host> {
  readonly gate: Gate
  readonly caller: Caller
  readonly operation: HostDiagnostic
  readonly leftOut: readonly string[] = []
  readonly gone: Until
  readonly share: Share

  constructor(gate: Gate, caller: Caller, operation: HostDiagnostic, gone: Until, share: Share) {
    this.gate = gate
    this.caller = caller
    this.operation = operation
    this.gone = gone
    this.share = share
  }

  lookUp(): Promise<null> {
    return Promise.resolve(null)
  }

  resolve(worker: WorkerPolicy): HostFacts {
    return resolveDiagnostic(this.gate.diagnostics, worker)
  }

  resolveAgain(_worker: WorkerPolicy, _looked: null, before: HostFacts): HostFacts {
    return before
  }

  decide(worker: WorkerPolicy, facts: HostFacts): Verdict<HostPermit> {
    return decideDiagnostic(worker, this.operation, facts)
  }

  isSame(permit: HostPermit, again: HostPermit): boolean {
    return isDeepStrictEqual(permit, again)
  }
}
