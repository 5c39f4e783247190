import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { asChanges, decision, newDirectory, newestOf } from '../../test/support/record.ts'
import { openRecord } from './sqlite/open-reader.ts'
import { verifyRecord } from './verify.ts'
import { openStore } from './sqlite/open-store.ts'

const writer = fileURLToPath(new URL('../../test/support/crash-writer.ts', import.meta.url))

test('a loss of power at any moment leaves a record that the gate goes on with', async () => {
  const directory = newDirectory()
  const store = openStore(directory)
  /** What was on disk for certain behind each commit. */
  const states: { readonly log: number; readonly head: Buffer }[] = []
  for (let count = 1; count <= 5; count += 1) {
    await store.write(asChanges(decision(), decision()), 'synced')
    const log = statSync(join(directory, 'dockgate.db-wal')).size
    states.push({ log, head: readFileSync(join(directory, 'audit.head')) })
  }
  const [database, log] = ['dockgate.db', 'dockgate.db-wal'].map((name) =>
    readFileSync(join(directory, name)),
  )
  const keys = ['audit.key', 'audit.pub'].map((name) => [name, readFileSync(join(directory, name))] as const)
  store.close()
  for (const [index, { log: synced, head }] of states.entries()) {
    // Of the commit behind it any part may be there.
    for (let size = synced; size <= (states[index + 1]?.log ?? synced); size += 1024) {
      const left = newDirectory()
      for (const [name, key] of keys) writeFileSync(join(left, name), key)
      writeFileSync(join(left, 'audit.head'), head)
      writeFileSync(join(left, 'dockgate.db'), database ?? '')
      writeFileSync(join(left, 'dockgate.db-wal'), log?.subarray(0, size) ?? '')
      const again = openStore(left)
      expect(again.state().entries).toBeGreaterThanOrEqual(2 * (index + 1))
      again.close()
      expect(verifyRecord(left)).toMatchObject({ findings: [] })
    }
  }
})

test('a kill at any moment loses no entry whose write resolved, and no refusal that was answered; the chain goes on', async () => {
  const directory = newDirectory()
  const acknowledged: string[] = []
  for (let round = 0; round < 8; round += 1) {
    const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    const output = text(child.stdout)
    await new Promise((resolve) => child.stdout.once('readable', resolve))
    await sleep(7 * round)
    child.kill('SIGKILL')
    const ids = (await output).split('\n').filter((id) => id.length === 12)
    expect(ids).not.toHaveLength(0)
    acknowledged.push(...ids)

    expect(verifyRecord(directory)).toMatchObject({ findings: [], unsigned: 0 })
  }
  const record = openRecord(directory)
  const stored = new Set(newestOf(record, {}, 1_000_000).map(({ entry }) => entry.id))
  record.close()
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
}, 60_000)
