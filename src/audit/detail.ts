/** The operation as the record holds it: all that was decided on, secrets as their fields tell them (decode/fields.ts). */
import type { Recorded } from '../decode/operation.ts'
import type { CommandLine, HostDiagnostic } from '../decode/operations/host.ts'
import { Secret } from '../decode/secret.ts'
import type { AnyPermit, Verdict } from '../decide/verdict.ts'
import type { Steps } from '../schedule/scheduler.ts'
import { HASH_LENGTH, redactWords, type Hash } from './redact.ts'

/** What the record will hold of an operation. */
export interface Detail {
  /** Bytes that it has there. */
  readonly size: number
  /**
   * The text; of one with secrets the steps that hash them, which takes longer than all else.
   * @param length characters at its start that count
   */
  text(hash: Hash, length: number): string | Steps<string>
}

/** In the place of a hash, as long as one. */
const UNHASHED = '-'.repeat(HASH_LENGTH)

/** Names of what was left out that are recorded, and characters of each. */
const MOST_LEFT_OUT = 20
const LONGEST_LEFT_OUT = 100

/** An operation and, for a create or an update, what was made of it. @param leftOut what the request went on without */
export function recordDetail(
  operation: Recorded,
  verdict: Verdict<AnyPermit>,
  leftOut: readonly string[] = [],
): Detail {
  if (operation.kind === 'host.diagnostic' || operation.kind === 'command')
    return detailOfLine(operation, verdict)
  const secrets: string[] = []
  const without = leftOut.slice(0, MOST_LEFT_OUT).map((name) => name.slice(0, LONGEST_LEFT_OUT))
  const outline = written(operation, verdict, without, (secret) => {
    secrets.push(secret)
    return UNHASHED
  })
  function* hashed(hash: Hash, most: number): Steps<string> {
    const hashes: string[] = []
    for (const secret of secrets.slice(0, most)) {
      yield
      hashes.push(hash(secret))
    }
    const next = hashes.values()
    return written(operation, verdict, without, () => next.next().value ?? UNHASHED)
  }
  return {
    size: Buffer.byteLength(outline),
    text: (hash, length) => (secrets.length === 0 ? outline : hashed(hash, length / HASH_LENGTH)),
  }
}

/** A command line. What is allowed is a line of the policy's, word by word; of another the secrets are hashed. */
function detailOfLine(operation: HostDiagnostic | CommandLine, { effect }: Verdict<AnyPermit>): Detail {
  const textWith = (words: readonly string[]): string => JSON.stringify({ ...operation, words })
  return {
    size: Buffer.byteLength(textWith(operation.words)),
    text: (hash, length) =>
      textWith(
        effect === 'allow' ? operation.words : redactWords(beginningOf(operation.words, length), hash),
      ),
  }
}

/** The words that so many characters have room for. */
function beginningOf(words: readonly string[], most: number): readonly string[] {
  let length = 0
  const end = words.findIndex((word) => {
    length += word.length + '"",'.length
    return length > most
  })
  return end === -1 ? words : words.slice(0, end + 1)
}

/** JSON, with what `hash` gives in the place of secrets. */
function written(
  operation: Recorded,
  verdict: Verdict<AnyPermit>,
  leftOut: readonly string[],
  hash: Hash,
): string {
  const permit = verdict.effect === 'allow' ? verdict.permit : undefined
  const planned =
    permit?.on === 'create'
      ? { plan: { ...permit.plan, labels: undefined } }
      : permit?.on === 'update'
        ? { changes: permit.changes }
        : {}
  const replace = (_key: string, value: unknown): unknown => {
    const told = value instanceof Secret ? value.told((secret) => `<${hash(secret)}>`) : value
    return told instanceof Map ? Object.fromEntries(told) : told
  }
  // What was asked for, and the labels, are there already, as they were read.
  return JSON.stringify(
    { ...operation, asked: undefined, ...planned, ...(leftOut.length === 0 ? {} : { leftOut }) },
    replace,
  )
}
