import { describe, expect, test } from 'vitest'
import { ask } from '../../test/cases/world.ts'
import { newDirectory } from '../../test/support/record.ts'
import { openStore } from '../store/sqlite.ts'
import type { AuditEntry, DecisionEntry } from './entry.ts'
import { openRecord } from './query.ts'
import { Recorder } from './recorder.ts'
import { redactEnvironment } from './redact.ts'
import { verifyRecord } from './verify.ts'

const caller = { worker: 'ai-worker', door: 'socket' } as const

/** What is on record once `work` was done with a recorder. */
async function recorded(work: (recorder: Recorder) => unknown): Promise<readonly AuditEntry[]> {
  const directory = newDirectory()
  const store = openStore(directory)
  await work(
    new Recorder(
      store,
      (list) => redactEnvironment(list, () => 'hash'),
      () => undefined,
    ),
  )
  store.close()
  expect(verifyRecord(directory)).toMatchObject({ sound: true })
  const reader = openRecord(directory)
  const entries = reader.newest({}, 10).map(({ entry }) => entry)
  reader.close()
  return entries
}

function open(recorder: Recorder, line: string): DecisionEntry | Promise<DecisionEntry> {
  const { decoded, verdict } = ask({ line })
  return recorder.open(caller, decoded, verdict, recorder.detailOf(decoded.operation, verdict), [])
}

describe('an entry', () => {
  test('of an outcome holds the start of what went wrong, and of what it was about', async () => {
    const [, outcome] = await recorded(async (recorder) => {
      const decision = await open(recorder, 'POST /containers/web/stop')
      recorder.close(decision, 500, 'x'.repeat(100_000), 'y'.repeat(100_000), [])
    })
    expect(outcome?.reason).toMatch(/^x{497}\.\.\.$/)
    expect(outcome?.target).toMatch(/^y+\.\.\.$/)
    expect(outcome?.target.length).toBeLessThan(20_000)
  })

  test('of a refusal holds the start of what was asked', async () => {
    const [refused] = await recorded((recorder) =>
      open(recorder, `POST /containers/web/stop?x=${'y'.repeat(9_000)}`),
    )
    expect(refused).toMatchObject({ decision: 'refuse', operation: 'container.stop' })
    expect(JSON.stringify(refused).length).toBeLessThan(5_000)
  })
})
