/** Writes synced decisions into the store named by its argument until it is killed; prints the id of each when it is on disk. */

import { writeSync } from 'node:fs'
import { openStore } from '../../src/store/sqlite.ts'
import { asChanges, decision } from './record.ts'

const store = openStore(process.argv[2] ?? '')

async function writeOn(): Promise<never> {
  for (;;) {
    const entry = decision()
    store.note(decision({ operation: 'container.list' }))
    await store.write(asChanges(entry), 'synced')
    writeSync(1, `${entry.id}\n`)
  }
}

await Promise.all([writeOn(), writeOn(), writeOn()])
