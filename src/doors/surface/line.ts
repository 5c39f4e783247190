/** What a command line works on. */
import type { Gate } from '../../gate.ts'
import type { Caller } from '../../workers/caller.ts'
import type { LiveRecord } from '../../record/live.ts'
import type { Share } from '../../schedule/scheduler.ts'
import type { Until } from '../../shared/ending.ts'
import type { Sessions } from './sessions.ts'

export interface Line {
  readonly gate: Gate
  readonly caller: Caller
  readonly sessions: Sessions
  readonly record: LiveRecord
  /** Ends when its caller goes away. */
  readonly gone: Until
  readonly share: Share
}
