/** Going on with a record that something else wrote to: the operator's decision, which becomes part of it. */

import { existsSync } from 'node:fs'
import { databasePath } from './sqlite/database.ts'
import { StoreMissing } from './errors.ts'
import { openAltered } from './sqlite/open-store.ts'
import { ACCEPT } from './entry.ts'
import { newRecordId } from './id.ts'

/**
 * Signs the record of a directory as it is, with an entry that says what was wrong. No gate may be running on it.
 * Throws StoreMissing, StoreUnavailable or StoreBroken.
 * @returns what was wrong; where that is nothing, there is no entry
 */
export function acceptRecord(directory: string): readonly string[] {
  if (!existsSync(databasePath(directory))) throw new StoreMissing(directory)
  const { store, problems } = openAltered(directory)
  try {
    if (problems.length > 0) {
      const { entries, head } = store.state()
      store.note({
        phase: 'decision',
        id: newRecordId(),
        time: Date.now(),
        // No worker can be called so.
        worker: '',
        door: 'command',
        operation: ACCEPT,
        subcommand: '',
        target: '',
        decision: 'allow',
        rule: '',
        reason: problems.join('; '),
        detail: JSON.stringify({ kind: ACCEPT, end: `${entries}:${head}` }),
      })
    }
  } finally {
    store.close()
  }
  return problems
}
