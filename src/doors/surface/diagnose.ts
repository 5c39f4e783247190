/** A diagnostic of the host, as a command line's answer. */
import { toldRefusal } from '../../filter/refusal.ts'
import type { DiagnosticResult } from '../../host/diagnostics/run.ts'
import { diagnose as diagnoseHost } from '../../pipeline.ts'
import { RightEnded } from '../../rights/right.ts'
import { answer, EXIT, failedAnswer, refusedAnswer, type Answer } from './answers.ts'
import type { Line } from './line.ts'

/** Runs the words of a diagnostic, or tells why not. @throws {Ended | StoreUnavailable} */
export async function diagnose(
  { gate, caller, gone, share }: Line,
  words: readonly string[],
): Promise<Answer> {
  try {
    const served = await diagnoseHost(gate, caller, { kind: 'host.diagnostic', words }, gone, share)
    switch (served.became) {
      case 'refused':
        return refusedAnswer(toldRefusal(served.refused, served.record, caller.identity.name), EXIT.refused)
      case 'tried':
        return answer(`allowed: ${served.rule}. It was not run.\n`)
      case 'done':
        return 'unavailable' in served.result
          ? failedAnswer(`${words[0]}: ${served.result.unavailable}`, EXIT.unavailable)
          : told(served.result)
    }
  } catch (cause) {
    if (!(cause instanceof RightEnded)) throw cause
    return failedAnswer(cause.refused === undefined ? cause.message : NOT_GIVEN, EXIT.refused)
  }
}

const NOT_GIVEN = 'ended: the policy that is in force by now does not give it'

function told({ stdout, stderr, exit, truncated }: DiagnosticResult): Answer {
  return { do: 'answer', stdout, stderr, exit, ...(truncated ? { truncated } : {}) }
}
