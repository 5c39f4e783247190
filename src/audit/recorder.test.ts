import { describe, expect, test, vi } from 'vitest'
import { ask, policyOf } from '../../test/cases/world.ts'
import { textOf } from '../../test/support/share.ts'
import { newDirectory, newestOf } from '../../test/support/record.ts'
import { Identity } from '../workers/identity.ts'
import { refuse } from '../decide/refuse.ts'
import type { Refused } from '../decide/verdict.ts'
import type { Door } from '../workers/caller.ts'
import { openStore } from '../record/sqlite/open-store.ts'
import { recordDetail } from './detail.ts'
import type { AuditEntry, DecisionEntry } from '../record/entry.ts'
import { openRecord } from '../record/sqlite/open-reader.ts'
import { Recorder } from './recorder.ts'
import type { Hash } from './redact.ts'
import { verifyRecord } from '../record/verify.ts'

const caller = { identity: new Identity('ai-worker', policyOf(), 1), door: 'socket' } as const

/** What is on record once `work` was done with a recorder. */
async function recorded(work: (recorder: Recorder) => unknown): Promise<readonly AuditEntry[]> {
  const directory = newDirectory()
  const store = openStore(directory)
  await work(
    new Recorder(
      store,
      () => 'hash',
      () => undefined,
    ),
  )
  store.close()
  expect(verifyRecord(directory)).toMatchObject({ sound: true })
  const reader = openRecord(directory)
  const entries = newestOf(reader, {}, 10).map(({ entry }) => entry)
  reader.close()
  return entries
}

function open(recorder: Recorder, line: string): DecisionEntry | Promise<DecisionEntry> {
  const { decoded, verdict } = ask({ line })
  const detail = textOf(recorder.detailOf(recordDetail(decoded.operation, verdict), verdict))
  return recorder.open(caller, decoded, verdict, detail, [])
}

/** Records a command line that is refused as such. */
function openLine(recorder: Recorder, words: readonly string[], door: Door, refused: Refused) {
  const operation = { kind: 'command', words } as const
  const detail = textOf(recorder.detailOf(recordDetail(operation, refused), refused))
  return recorder.open({ ...caller, door }, { operation }, refused, detail, [])
}

/** What a reader of the record sees at this moment. */
function onDisk(directory: string): readonly string[] {
  const reader = openRecord(directory)
  const ids = newestOf(reader, {}, 10).map(({ entry }) => entry.id)
  reader.close()
  return ids
}

describe('a refusal', () => {
  test.each(['POST /containers/db/stop', 'GET /containers/db/json', 'GET /nothing/of/the/kind'])(
    'is on disk before it is answered: %s',
    async (line) => {
      const directory = newDirectory()
      const store = openStore(directory)
      const watched: string[] = []
      const recorder = new Recorder(
        store,
        () => 'hash',
        ({ id }) => watched.push(id),
      )
      const asked = open(recorder, line)
      expect([onDisk(directory), watched]).toEqual([[], []])
      const { id, decision } = await asked
      expect([decision, onDisk(directory), watched]).toEqual(['refuse', [id], [id]])
      store.close()
    },
  )

  test('of a command line is too', async () => {
    const directory = newDirectory()
    const store = openStore(directory)
    const recorder = new Recorder(
      store,
      () => 'hash',
      () => undefined,
    )
    const verdict = refuse('docker', 'docker.allow', 'docker run', { why: 'it is not given' })
    const { id } = await openLine(recorder, ['docker', 'run'], 'ssh', verdict)
    expect(onDisk(directory)).toEqual([id])
    store.close()
  })
})

test('of a line that is refused only the words are hashed that there is room for', async () => {
  const hash = vi.fn<Hash>(() => '0123456789ab')
  const store = openStore(newDirectory())
  const recorder = new Recorder(store, hash, () => undefined)
  const words = Array.from({ length: 8000 }, (_, index) => `A${index}=b`)
  const verdict = refuse('line', 'line', 'A0=b', { why: 'no' })
  await openLine(recorder, words, 'ssh', verdict)
  expect(hash.mock.calls.length).toBeLessThan(1000)
  store.close()
})

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
      open(recorder, `POST /containers/web/stop?T=${'y'.repeat(9_000)}`),
    )
    expect(refused).toMatchObject({ decision: 'refuse', operation: 'container.stop' })
    expect(JSON.stringify(refused).length).toBeLessThan(5_000)
  })

  test.each([
    ['socket', ['docker', 'run', '-ite', 'TOKEN=s3cret', 'busybox']],
    ['ssh', ['docker', 'run', '-e=TOKEN=s3cret', 'busybox']],
    ['ssh', ['docker', 'login', '-p', 's3cret']],
  ] as const)('of a command line that is refused tells no secret: %s, %j', async (door, words) => {
    const verdict = refuse('docker', 'docker.allow', 'docker run', { why: 'it is not given' })
    const [refused] = await recorded((recorder) => openLine(recorder, words, door, verdict))
    expect(JSON.stringify(refused)).not.toContain('s3cret')
    expect(JSON.stringify(refused)).toContain('<hash>')
  })
})
