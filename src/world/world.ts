/** What the gate knows of what there is: kept current by the feed, and by the gate's own effects. */
import type { Meant } from '../policy/reach.ts'
import type { Builds } from './builds.ts'
import type { Execs } from './execs.ts'
import type { Inventory } from './inventory.ts'
import type { MadeWith } from './made.ts'
import type { Ownership } from './ownership.ts'
import type { Renames } from './renames.ts'

export interface World {
  readonly inventory: Inventory
  readonly ownership: Ownership
  readonly execs: Execs
  readonly builds: Builds
  readonly renames: Renames
  /** By all policies in force. */
  readonly meant: Meant
  readonly made: Pick<MadeWith, 'asked' | 'get' | 'held'>
  /** Where bind sources are held fast. */
  readonly pins: { originOf(place: string): string | undefined }
  /** Where containers find the sockets of their workers. */
  readonly sockets: { workerAt(source: string): string | undefined }
}
