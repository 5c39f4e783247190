/** A diagnostic of the host: decided, recorded, run, and its end recorded. It needs no engine. */
import { withoutSecrets } from '../../decode/line/secrets.ts'
import { toldRefusal } from '../../filter/refusal.ts'
import { ProgramError } from '../../programs/roots.ts'
import { runDiagnostic, type DiagnosticResult } from '../../host/diagnostics/run.ts'
import { decideDiagnostic } from '../../policy/host/decide.ts'
import { refuse } from '../../policy/refuse.ts'
import { answer, EXIT, failedAnswer, refusedAnswer, type Answer } from './answers.ts'
import type { Line } from './run.ts'

/** Diagnostics of one worker at once. */
const MOST = 4
const running = new Map<string, number>()

/** Runs the words of a diagnostic, or tells why not. */
export async function diagnose(
  { gate, worker, caller, signal }: Line,
  words: readonly string[],
): Promise<Answer> {
  const operation = { kind: 'host.diagnostic', words } as const
  const count = running.get(worker.name) ?? 0
  const full = refuse('host', 'host.limits', withoutSecrets(words, () => '...').join(' '), {
    why: `${MOST} diagnostics run already`,
    instead: ['wait until one has ended'],
    retryable: true,
  })
  const decided = decideDiagnostic(worker, operation)
  const verdict = decided.effect === 'allow' && count >= MOST ? full : decided
  running.set(worker.name, count + 1)
  try {
    const record = await gate.recorder.openCommand(caller, operation, verdict)
    if (verdict.effect === 'refuse') {
      return refusedAnswer(toldRefusal(verdict, record.id, worker.name), EXIT.refused)
    }
    if (caller.rehearsal !== undefined) return answer(`allowed: ${verdict.rule}. It was not run.\n`)
    const close = (status: number, reason: string): void =>
      gate.recorder.close(record, status, reason, '', [])
    try {
      const { paths, arguments: args } = verdict.permit
      const result = await runDiagnostic(paths, args, signal)
      close(signal.aborted ? 499 : 200, `exit ${result.exit}`)
      return told(result)
    } catch (cause) {
      close(502, cause instanceof Error ? cause.message : String(cause))
      if (!(cause instanceof ProgramError)) throw cause
      return failedAnswer(`${words[0]}: ${cause.message}`, EXIT.unavailable)
    }
  } finally {
    const left = (running.get(worker.name) ?? 1) - 1
    if (left === 0) running.delete(worker.name)
    else running.set(worker.name, left)
  }
}

function told({ stdout, stderr, exit, truncated }: DiagnosticResult): Answer {
  return { do: 'answer', stdout, stderr, exit, ...(truncated ? { truncated } : {}) }
}
