/** Opening the record for the audit commands. */
import { connect } from 'node:net'
import { whole, type Filter, type RecordReader } from '../record/reader.ts'
import { openRecord } from '../record/sqlite/open-reader.ts'
import { controlSocket } from '../record/state-directory.ts'
import { atOnce } from '../schedule/at-once.ts'
import { PAGE, type EndedPage, type RecordSource } from './record-source.ts'

/** The record of a state directory: by the gate that runs on it, else out of the directory itself, which may be a copy. Throws StoreError. */
export async function openSource(directory: string): Promise<RecordSource> {
  if (!(await isServed(directory))) return directorySource(directory)
  const { gateSource } = await import('./gate-record.ts')
  return gateSource(directory)
}

/** Whether anybody listens for the operator. A copy of a directory may hold a socket that nobody does. */
function isServed(directory: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(controlSocket(directory))
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false))
    connection.once('connect', () => connection.destroy())
  })
}

/** The record in a state directory, beside a gate or a copy that none has. */
function directorySource(directory: string): RecordSource {
  const reader = openRecord(directory)
  const first = (filter: Filter, after: number, count: number): EndedPage => {
    const end = reader.end()
    return { ...atOnce(reader.first(filter, { after, end }, count)), end }
  }
  return {
    newest: async (filter, count, before) => newest(reader, filter, count, before),
    first: async (filter, after, count) => first(filter, after, count),
    about: async (id) => atOnce(reader.about(id, whole(reader))),
    // Nobody tells when there is more: whoever follows looks again after a while.
    follow: async (filter, after, tell) => {
      for (let from = after; ;) {
        const page = first(filter, from, PAGE)
        page.entries.forEach(tell)
        if (page.next === undefined) return Math.max(after, page.end)
        from = page.next
      }
    },
    close: () => reader.close(),
  }
}

function newest(reader: RecordReader, filter: Filter, count: number, before: number | undefined): EndedPage {
  const { after, end } = whole(reader)
  const range = { after, end: before === undefined ? end : before - 1 }
  return { ...atOnce(reader.newest(filter, range, count)), end }
}
