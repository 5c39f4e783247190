/** What the schema found wrong, in the words of the policy's author. */
import type * as z from 'zod'
import { nearestWord } from '../shared/nearest.ts'
import { shorten } from '../shared/refusal.ts'
import type { Finding } from './finding.ts'
import { knownKeys } from './known-keys.ts'
import { SPELLINGS } from './subcommands.ts'

type Issue = z.core.$ZodIssue

/** Keys of a later version, by the path they stand at. */
const NOT_YET = /^tests$/

/** Findings of a failed parse of `data`. */
export function findingsOf(issues: readonly Issue[], data: unknown): readonly Finding[] {
  return issues.flatMap((issue) => findings(issue, issue.path, data))
}

function findings(issue: Issue, path: readonly PropertyKey[], data: unknown): readonly Finding[] {
  const input = valueAt(data, path)
  if (input === undefined) {
    return [{ path, at: 'key', message: `the key ${quoted(String(path.at(-1)))} is missing` }]
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], key))
    case 'invalid_key':
      return [{ path, at: 'key', message: issue.issues[0]?.message ?? issue.message }]
    case 'invalid_union': {
      const meant = issue.errors.filter((errors) => !errors.some(isWrongKind))
      if (meant.length !== 1) return [{ path, at: 'value', message: issue.message }]
      return meant.flat().flatMap((inner) => findings(inner, [...path, ...inner.path], data))
    }
    case 'custom':
      return [{ path, at: 'value', message: issue.message, ...hinted(issue.params?.hint) }]
    case 'invalid_value':
      return [{ path, at: 'value', message: issue.message, ...hinted(wordHint(input, issue.values)) }]
    case 'invalid_type':
      return [{ path, at: 'value', message: issue.message, ...hinted(kindHint(issue.expected, input)) }]
    default:
      return [{ path, at: 'value', message: issue.message }]
  }
}

/** The message of an issue that the schema gives none for. */
export function issueMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}`
    case 'invalid_value':
      if (issue.values.length > 8) return `unknown command ${quoted(issue.input)}`
      return `must be ${issue.values.map(String).join(' or ')}, not ${quoted(issue.input)}`
    case 'too_small':
      return `must be at least ${issue.minimum}`
    case 'too_big':
      return `must be at most ${issue.maximum}`
    default:
      return undefined
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'number' ? `the number ${value}` : `the text ${quoted(value)}`
}

function unknownKey(path: readonly PropertyKey[], key: string): Finding {
  const place = path.join('.')
  if (NOT_YET.test(place)) {
    return {
      path,
      at: 'key',
      message: `the key ${quoted(key)} is not supported in this version`,
      hint: 'leave it out',
    }
  }
  const known = knownKeys(path.slice(0, -1))
  if (known.includes('ps')) {
    return {
      path,
      at: 'key',
      message: `unknown command ${quoted(key)}`,
      ...hinted(wordHint(key, known)),
    }
  }
  const nearest = nearestWord(key, known)
  const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${nearest}?`
  return { path, at: 'key', message: `unknown key ${quoted(key)}`, hint }
}

/** The command that `docker ps -a` begins with, or else the nearest word. */
function wordHint(written: unknown, words: readonly unknown[]): string | undefined {
  if (typeof written !== 'string' || SPELLINGS.includes(written)) return undefined
  const known = words.filter((word) => typeof word === 'string')
  const command = written
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^docker /, '')
  const begun = known.filter((word) => command === word || command.startsWith(`${word} `))
  const longest = begun.toSorted((one, other) => other.length - one.length)[0]
  if (longest !== undefined) return `write ${longest}: commands are named without docker and options`
  const nearest = nearestWord(command, known)
  return nearest === undefined ? undefined : `did you mean ${nearest}?`
}

function kindHint(expected: string, input: unknown): string | undefined {
  if (expected === 'string' && typeof input === 'number') return 'put it in quotes'
  return expected === 'array' && typeof input === 'string' ? `write [${shorten(input, 40)}]` : undefined
}

function hinted(hint: unknown): { readonly hint?: string } {
  return typeof hint === 'string' ? { hint } : {}
}

function isWrongKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step)
  }
  return value
}

function quoted(value: unknown): string {
  return shorten(JSON.stringify(value) ?? 'nothing', 60)
}
