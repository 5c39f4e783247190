/** The record as the running gate tells it. */
import { createInterface } from 'node:readline'
import * as z from 'zod'
import { StoreError } from '../record/errors.ts'
import type { Filter, Recorded } from '../record/reader.ts'
import { readEntry } from '../record/text.ts'
import { askGate, GateRefuses, NotOfAGate, openAnswer, readTold, type Told } from './ask-gate.ts'
import type { EndedPage, RecordSource } from './record-source.ts'

/** Milliseconds: a gate looks through a long record while workers wait less. */
const LONGEST = 10 * 60_000
/** What stands before an entry in the stream of those that come. */
const DATA = 'data: '
const NOT_FOUND = 404

const recordedSchema = z
  .looseObject({ seq: z.number() })
  .transform(({ seq, ...fields }): Recorded => ({ seq, entry: readEntry(fields) }))
const ENTRY = { called: 'a record', schema: recordedSchema }
const ABOUT = { called: 'a record', schema: z.object({ entries: z.array(recordedSchema) }) }
const PAGE = {
  called: 'a record',
  schema: ABOUT.schema.extend({ next: z.number().optional(), end: z.number() }),
}

export function gateSource(directory: string): RecordSource {
  const page = async (filter: Filter, place: Readonly<Record<string, number>>): Promise<EndedPage> => {
    const path = `/record?${queryOf({ ...filterOf(filter), ...place })}`
    const { entries, next, end } = await ask(directory, path, PAGE)
    return { entries, next, end }
  }
  return {
    newest: (filter, limit, before) => page(filter, before === undefined ? { limit } : { limit, before }),
    first: (filter, after, limit) => page(filter, { after, limit }),
    about: async (id) => {
      try {
        return (await ask(directory, `/record/${encodeURIComponent(id)}`, ABOUT)).entries
      } catch (cause) {
        const { cause: refusal } = cause instanceof StoreError ? cause : {}
        if (refusal instanceof GateRefuses && refusal.status === NOT_FOUND) return []
        throw cause
      }
    },
    follow: (filter, after, tell) => follow(directory, filter, after, tell),
    close: () => undefined,
  }
}

/** Until the gate ends, or has no more patience with how slowly it is read. */
async function follow(
  directory: string,
  filter: Filter,
  after: number,
  tell: (recorded: Recorded) => void,
): Promise<number> {
  const path = `/record/follow?${queryOf({ ...filterOf(filter), after })}`
  let seq = after
  try {
    const answer = await openAnswer(directory, 'GET', path)
    for await (const line of createInterface({ input: answer })) {
      if (!line.startsWith(DATA)) continue
      const recorded = readTold(line.slice(DATA.length), ENTRY)
      tell(recorded)
      seq = recorded.seq
    }
  } catch (cause) {
    if (cause instanceof GateRefuses || cause instanceof NotOfAGate) throw asStoreError(directory, cause)
    if (!(cause instanceof Error && 'code' in cause)) throw cause
  }
  return seq
}

/** @throws {StoreError} */
async function ask<T>(directory: string, path: string, told: Told<T>): Promise<T> {
  try {
    return await askGate(directory, 'GET', path, told, LONGEST)
  } catch (cause) {
    throw asStoreError(directory, cause)
  }
}

function asStoreError(directory: string, cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new StoreError(`the gate on ${directory} does not tell the record: ${why}`, 74, cause)
}

function filterOf({ worker, operation, decision, since, until }: Filter): Filter {
  return { worker, operation, decision, since, until }
}

function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value))
  return query.toString()
}
