/** A diagnostic of the host: decided, recorded, run, and its end recorded. It needs no engine. */
import { isDeepStrictEqual } from 'node:util'
import { withoutSecrets } from '../../decode/line/secrets.ts'
import type { HostDiagnostic } from '../../decode/operations/host.ts'
import { toldRefusal } from '../../filter/refusal.ts'
import { ProgramError } from '../../programs/roots.ts'
import { runDiagnostic, type DiagnosticResult } from '../../host/diagnostics/run.ts'
import { decideDiagnostic } from '../../decide/host.ts'
import { refuse } from '../../decide/refuse.ts'
import type { HostPermit, HostVerdict } from '../../decide/verdict.ts'
import { rightsOf } from '../../rights/decision.ts'
import { answer, EXIT, failedAnswer, refusedAnswer, type Answer } from './answers.ts'
import type { Line } from './line.ts'

/** Diagnostics of one worker at once. */
const MOST = 4
const running = new Map<string, number>()

/** Runs the words of a diagnostic, or tells why not. @throws {Ended | StoreUnavailable} */
export async function diagnose(line: Line, words: readonly string[]): Promise<Answer> {
  const { name } = line.caller.identity
  const count = running.get(name) ?? 0
  running.set(name, count + 1)
  try {
    return await decideAndRun(line, { kind: 'host.diagnostic', words }, count >= MOST)
  } finally {
    const left = (running.get(name) ?? 1) - 1
    if (left === 0) running.delete(name)
    else running.set(name, left)
  }
}

async function decideAndRun(line: Line, operation: HostDiagnostic, isFull: boolean): Promise<Answer> {
  const { gate, caller } = line
  for (;;) {
    const rights = rightsOf(caller)
    const decided = decideDiagnostic(rights.worker, operation)
    const verdict = decided.effect === 'allow' && isFull ? full(operation) : decided
    const record = await gate.recorder.openCommand(caller, operation, verdict)
    if (verdict.effect === 'refuse')
      return refusedAnswer(toldRefusal(verdict, record.id, caller.identity.name), EXIT.refused)
    if (caller.rehearsal !== undefined) return answer(`allowed: ${verdict.rule}. It was not run.\n`)
    const close = (status: number, reason: string): void =>
      gate.recorder.close(record, status, reason, '', [])
    if (caller.identity.rights === rights) return run(line, verdict.permit, close)
    close(0, 'another policy came into force')
  }
}

function full({ words }: HostDiagnostic): HostVerdict {
  return refuse('host', 'host.limits', withoutSecrets(words, () => '...').join(' '), {
    why: `${MOST} diagnostics run already`,
    instead: ['wait until one has ended'],
    retryable: true,
  })
}

/** Runs a program, which ends with its client and with the right to it. */
async function run(
  { gate, caller, signal }: Line,
  permit: HostPermit,
  close: (status: number, reason: string) => void,
): Promise<Answer> {
  const end = new AbortController()
  const over = gate.running.add({
    identity: caller.identity,
    review: () => {
      const worker = caller.identity.rights?.worker
      const again = worker && decideDiagnostic(worker, permit.operation)
      const isSame = again?.effect === 'allow' && isDeepStrictEqual(again.permit, permit)
      if (!isSame) end.abort('ended: the policy that is in force by now does not give it')
    },
    end: (why) => end.abort(why),
  })
  try {
    const until = AbortSignal.any([signal, end.signal])
    const result = await runDiagnostic(permit.paths, permit.arguments, until)
    if (end.signal.aborted) {
      close(0, String(end.signal.reason))
      return failedAnswer(String(end.signal.reason), EXIT.refused)
    }
    close(signal.aborted ? 499 : 200, `exit ${result.exit}`)
    return told(result)
  } catch (cause) {
    close(502, cause instanceof Error ? cause.message : String(cause))
    if (!(cause instanceof ProgramError)) throw cause
    return failedAnswer(`${permit.operation.words[0]}: ${cause.message}`, EXIT.unavailable)
  } finally {
    over()
  }
}

function told({ stdout, stderr, exit, truncated }: DiagnosticResult): Answer {
  return { do: 'answer', stdout, stderr, exit, ...(truncated ? { truncated } : {}) }
}
