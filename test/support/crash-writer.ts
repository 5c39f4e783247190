/**
 * Writes synced decisions and refusals into the store named by its argument until it is killed; prints the id of each when it is
 * on disk, or the refusal could be answered.
 */

import { writeSync } from 'node:fs'
import { Recorder } from '../../src/audit/recorder.ts'
import { Identity } from '../../src/workers/identity.ts'
import { openStore } from '../../src/record/sqlite/open-store.ts'
import { ask, policyOf } from '../cases/world.ts'
import { asChanges, decision } from './record.ts'

const store = openStore(process.argv[2] ?? '')
const recorder = new Recorder(
  store,
  () => 'hash',
  () => undefined,
)
const identity = new Identity('ai-worker', policyOf(), 1)
const { decoded, verdict } = ask({ line: 'GET /containers/db/json' })

async function writeOn(): Promise<never> {
  for (;;) {
    const entry = decision()
    store.note(decision({ operation: 'container.list' }))
    await store.write(asChanges(entry), 'synced')
    writeSync(1, `${entry.id}\n`)
  }
}

async function refuseOn(): Promise<never> {
  for (;;) {
    const { id } = await recorder.open({ identity, door: 'socket' }, decoded, verdict, '', [])
    writeSync(1, `${id}\n`)
  }
}

await Promise.all([writeOn(), writeOn(), refuseOn()])
