/** Rows of the database as typed values. Reading is strict: a value of another type is damage, not a default. */

import type { SQLOutputValue } from 'node:sqlite'
import type { Row } from '../chain.ts'
import type { Claim, KeptMade, KnownWorker, Owned, OwnedKind, Renamed } from '../store.ts'

type Values = Readonly<Record<string, SQLOutputValue>>

const kinds: readonly OwnedKind[] = ['container', 'image', 'tag', 'volume', 'network']
const decisions = ['allow', 'refuse', 'outcome'] as const

/** A row of `entries`; throws a TypeError where a value has another type than the gate writes. */
export function entryRow(values: Values): Row {
  return {
    seq: whole(values, 'seq'),
    id: word(values, 'id'),
    time: whole(values, 'time'),
    worker: word(values, 'worker'),
    operation: word(values, 'operation'),
    decision: oneOf(decisions, values, 'decision'),
    about: word(values, 'about'),
    text: word(values, 'text'),
    prev: word(values, 'prev'),
    hash: word(values, 'hash'),
  }
}

/** A row of `owned` or of `claims`. */
export function ownedRow(values: Values): Owned & Claim {
  return {
    nonce: word(values, 'nonce'),
    kind: oneOf(kinds, values, 'kind'),
    worker: word(values, 'worker'),
    id: word(values, 'id'),
    name: word(values, 'name'),
    created: whole(values, 'created'),
    memory: whole(values, 'memory'),
    nanoCpus: whole(values, 'nano_cpus'),
  }
}

/** A row of `renamed`. */
export function renamedRow(values: Values): Renamed {
  return {
    container: word(values, 'container'),
    meant: word(values, 'meant'),
    given: word(values, 'given'),
    asked: word(values, 'asked'),
    since: whole(values, 'since'),
  }
}

/** A row of `made`. */
export function madeRow(values: Values): KeptMade {
  return { nonce: word(values, 'nonce'), text: word(values, 'text') }
}

/** A row of `workers`. */
export function workerRow(values: Values): KnownWorker {
  return {
    name: word(values, 'name'),
    generation: whole(values, 'generation'),
    account: word(values, 'account'),
    present: whole(values, 'present') !== 0,
  }
}

function word(values: Values, name: string): string {
  const value = values[name]
  if (typeof value === 'string') return value
  throw new TypeError(`column ${name} holds no text`)
}

function whole(values: Values, name: string): number {
  const value = values[name]
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  throw new TypeError(`column ${name} holds no number`)
}

function oneOf<Word extends string>(words: readonly Word[], values: Values, name: string): Word {
  const value = word(values, name)
  const found = words.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw new TypeError(`column ${name} holds an unknown word`)
}
