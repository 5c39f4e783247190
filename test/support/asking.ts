import type { Gate } from '../../src/gate.ts'
import { Ending, type Until } from '../../src/shared/ending.ts'
import type { Caller } from '../../src/workers/caller.ts'

/** What a connection of its own gives for a request. */
export function asking(gate: Gate, caller: Caller, gone: Until = new Ending()) {
  return { gate, caller, gone, share: gate.scheduler.share(caller.identity.name) }
}
