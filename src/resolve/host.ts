/** What is true of the host where a diagnostic is asked for. */
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Reservations } from '../world/reservations.ts'
import type { HostFacts } from './facts.ts'

/** @param diagnostics that go on, by their workers */
export function resolveDiagnostic(diagnostics: Reservations, { name }: WorkerPolicy): HostFacts {
  return { running: diagnostics.callsOf(name) }
}
