import type { DatabaseSync } from 'node:sqlite'
import type { SignedRow } from '../reader.ts'

/** The head in the database, with the end that the record has at the same moment. */
export function headRow(database: DatabaseSync): SignedRow {
  // One statement, so that no commit of a running gate comes between the two.
  const statement = database.prepare(
    'SELECT (SELECT text FROM head) AS text, (SELECT max(seq) FROM entries) AS seq',
  )
  statement.setReadBigInts(true)
  const { text, seq } = statement.get() ?? {}
  return { text: typeof text === 'string' ? text : undefined, end: typeof seq === 'bigint' ? seq : 0n }
}
