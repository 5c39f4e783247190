import type { RecordedRefusal } from '../shared/refusal.ts'

/** What came of a command line. */
export interface Answer {
  readonly do: 'answer'
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
  readonly truncated?: boolean | undefined
  readonly refusal?: RecordedRefusal | undefined
}
