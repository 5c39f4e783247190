/** What becomes of a docker command that is only tried, from what its calls were told. */
import { newRecordId } from '../../record/id.ts'
import type { Rehearsed, Rehearsal } from '../../workers/caller.ts'
import { answer, EXIT, failedAnswer, type Answer } from './answers.ts'

export class RehearsalRun implements Rehearsal {
  /** Names its verdict. */
  readonly id = newRecordId()
  /** The first call that is not a look-up. */
  #point: Rehearsed | undefined
  /** The last look-up that was refused. */
  #refused: Rehearsed | undefined

  tell(told: Rehearsed): void {
    if (!told.lookUp) this.#point ??= told
    else if (!told.allowed) this.#refused = told
  }

  /** @param exit the CLI's exit code */
  verdict(exit: number): Answer {
    const point = this.#point ?? (exit === 0 ? undefined : this.#refused)
    if (point !== undefined) return point.allowed ? allowed(point) : refused(point)
    if (exit === 0) return answer('allowed: it only looks things up, and nothing of it is refused\n')
    return failedAnswer('docker itself did not take this command, so nothing was decided', EXIT.usage)
  }
}

function allowed({ operation, text }: Rehearsed): Answer {
  return answer(
    `allowed: ${operation} (${text}). It was not done.\n` +
      'What the command does after that is decided when it is run, a Dockerfile and a compose file call by call.\n',
  )
}

function refused({ text }: Rehearsed): Answer {
  return { do: 'answer', stdout: '', stderr: `${text}\n`, exit: EXIT.refused }
}
