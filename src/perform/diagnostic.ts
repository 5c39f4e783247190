/** A diagnostic of the host that was permitted and recorded is run, and its end recorded. */
import { requireDecided } from '../decide/permit.ts'
import { runDiagnostic, type DiagnosticResult } from '../host/diagnostics/run.ts'
import { ProgramError } from '../programs/roots.ts'
import type { Host, HostCall } from '../rights/host-call.ts'
import type { Right } from '../rights/right.ts'
import type { Claims } from '../settle/claims.ts'
import { Outcome } from '../settle/outcome.ts'

/** What came of a diagnostic: what its program told, or why that can't be run. */
export type Diagnosed = DiagnosticResult | { readonly unavailable: string }

/** Runs a program, which ends with its client and with the right to it. @throws {RightEnded | StoreUnavailable} */
export async function runPermitted(
  { gate, gone }: HostCall,
  right: Right<Host>,
  claims: Claims,
): Promise<Diagnosed> {
  const outcome = new Outcome(gate, right, right.permit, claims)
  try {
    while (!right.inForce) await right.renew()
    const { permit } = right
    requireDecided(permit)
    const result = await diagnose(permit.paths, permit.arguments, right.untilGone().signal)
    if (right.over !== undefined) throw right.over
    if ('unavailable' in result) outcome.ended(502, result.unavailable)
    else outcome.ended(gone.isOver ? 499 : 200, `exit ${result.exit}`)
    return result
  } catch (cause) {
    outcome.broken(cause)
    throw cause
  } finally {
    right.release()
  }
}

async function diagnose(...program: Parameters<typeof runDiagnostic>): Promise<Diagnosed> {
  try {
    return await runDiagnostic(...program)
  } catch (cause) {
    if (cause instanceof ProgramError) return { unavailable: cause.message }
    throw cause
  }
}
