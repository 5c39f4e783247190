import { describe, expect, test } from 'vitest'
import { asChanges, decision, newDirectory, outcome } from '../../../test/support/record.ts'
import { ALONE, counted } from '../../../test/support/share.ts'
import { openStore } from '../../record/sqlite/open-store.ts'
import type { AuditEntry } from '../../record/entry.ts'
import { LiveRecord } from '../../record/live.ts'
import { ownAbout, ownRecent } from './own-record.ts'

const ALL = { count: 200, after: undefined, decision: undefined }

async function withRecord(
  entries: readonly AuditEntry[],
  work: (record: LiveRecord) => Promise<void>,
): Promise<void> {
  const directory = newDirectory()
  const store = openStore(directory)
  const record = new LiveRecord(directory, store)
  await store.write(asChanges(...entries), 'synced')
  await work(record)
  record.close()
  store.close()
}

const named = (count: number, fields: Parameters<typeof decision>[0] = {}) =>
  Array.from({ length: count }, (_value, index) => decision({ ...fields, target: `object-${index}` }))
const targets = (entries: readonly AuditEntry[]): readonly string[] => entries.map(({ target }) => target)

describe('what a worker reads of its record', () => {
  test('is its own newest entries in the order of time, or those after one', async () => {
    const entries = named(6)
    await withRecord([...entries, decision({ worker: 'rival' })], async (record) => {
      expect(targets(await ownRecent(record, ALONE, 'ai-worker', { ...ALL, count: 2 }))).toEqual([
        'object-4',
        'object-5',
      ])
      const after = { ...ALL, count: 2, after: entries[1]?.id }
      expect(targets(await ownRecent(record, ALONE, 'ai-worker', after))).toEqual(['object-2', 'object-3'])
    })
  })

  test('is a decision with its outcomes', async () => {
    const [one] = named(1)
    if (one === undefined) throw new Error('there is no entry')
    await withRecord([one, outcome(one.id), decision()], async (record) => {
      expect((await ownAbout(record, ALONE, 'ai-worker', one.id)).map(({ phase }) => phase)).toEqual([
        'decision',
        'outcome',
      ])
      expect(await ownAbout(record, ALONE, 'rival', one.id)).toEqual([])
    })
  })

  test('is looked for in steps, of which each looks at some hundred entries', async () => {
    await withRecord(named(3_000, { worker: 'rival' }), async (record) => {
      const counting = counted()
      expect(await ownRecent(record, counting.share, 'ai-worker', ALL)).toEqual([])
      expect(counting.steps()).toBeGreaterThanOrEqual(6)
    })
  })

  // Records of earlier versions hold such entries.
  test('is short where entries are large, and goes on after the last of them', async () => {
    const entries = named(12, { detail: 'x'.repeat(400_000) })
    await withRecord(entries, async (record) => {
      expect(targets(await ownRecent(record, ALONE, 'ai-worker', ALL))).toEqual(['object-10', 'object-11'])
      const seen: string[] = []
      for (let after: string | undefined = entries[0]?.id; after !== undefined;) {
        const page = await ownRecent(record, ALONE, 'ai-worker', { ...ALL, after })
        expect(page.length).toBeLessThanOrEqual(2)
        seen.push(...targets(page))
        after = page.at(-1)?.id
      }
      expect(seen).toEqual(targets(entries.slice(1)))
    })
  })

  test('has an entry that is larger than a page by itself', async () => {
    await withRecord(named(3, { detail: 'x'.repeat(3_000_000) }), async (record) => {
      expect(targets(await ownRecent(record, ALONE, 'ai-worker', ALL))).toEqual(['object-2'])
    })
  })
})
