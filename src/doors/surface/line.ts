/** What a command line works on. */
import type { OwnRecord } from '../../audit/own.ts'
import type { Gate } from '../../gate.ts'
import type { Caller } from '../../identify/caller.ts'
import type { Share } from '../../schedule/scheduler.ts'
import type { Sessions } from './sessions.ts'

export interface Line {
  readonly gate: Gate
  readonly caller: Caller
  readonly sessions: Sessions
  readonly own: OwnRecord
  /** Ends it when its caller goes away. */
  readonly signal: AbortSignal
  readonly share: Share
}
