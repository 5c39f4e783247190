/** Filters that go by names and labels, applied to what is told in the worker's words, as engines apply theirs (moby, api/types/filters). */
import type { Filters } from '../decode/query.ts'
import { objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'

/** Whether something that is told was asked for. */
export type Keep = (told: Unknown) => boolean

export const KEEP_ALL: Keep = () => true

/** A test of what a list tells. @param most how many are kept */
export async function keptOfList(filters: Filters, most = Infinity): Promise<Keep> {
  if (filters.size === 0) return KEEP_ALL
  const patterns = filters.get('name') ?? []
  const names = await Promise.all(patterns.map((pattern, index) => nameTest(pattern, index < MOST_PATTERNS)))
  const labels = filters.get('label') ?? []
  let kept = 0
  return (told) => {
    const all = [...textsOf(told['Names']), textOf(told['Name'])]
    const called = new Set(all.flatMap((name) => [name, name.replace(/^\//, '')]))
    called.delete('')
    const isNamed = names.length === 0 || names.some((test) => [...called].some(test))
    if (!isNamed || !hasLabels(objectOf(told['Labels']), labels) || kept >= most) return false
    kept += 1
    return true
  }
}

/** A test of names of images: of a reference, or of its repository, as engines have it (distribution/reference, FamiliarMatch). */
export async function keptNames(filters: Filters): Promise<(name: string) => boolean> {
  const patterns = filters.get('reference')
  if (patterns === undefined) return () => true
  const tests = await Promise.all(patterns.map((pattern, index) => globTest(pattern, index < MOST_PATTERNS)))
  return (name) => {
    const repository = name.replace(/@.*$/, '').replace(/:[^/]*$/, '')
    return tests.some((test) => test(name) || test(repository))
  }
}

/** A test of events: names and ids by how they begin. */
export function keptOfEvents(filters: Filters): Keep {
  const labels = filters.get('label') ?? []
  return ({ Type, Actor }) => {
    const { ID, Attributes } = objectOf(Actor)
    const attributes = objectOf(Attributes)
    const called = [textOf(ID), textOf(attributes['name'])]
    const images = [textOf(ID), textOf(attributes[Type === 'image' ? 'name' : 'image'])]
    const asked = filters
      .get('image')
      ?.some((image) => images.some((name) => name === image || name.replace(/:[^/]*$/, '') === image))
    return (
      hasLabels(attributes, labels) &&
      asked !== false &&
      ['container', 'network', 'volume'].every((key) => {
        const values = filters.get(key)
        return values === undefined || values.some((value) => called.some((name) => name.startsWith(value)))
      })
    )
  }
}

/** @param asked `name` or `name=value`; all of them */
export function hasLabels(labels: Unknown, asked: readonly string[]): boolean {
  return asked.every((label) => {
    const sign = label.indexOf('=')
    const name = sign === -1 ? label : label.slice(0, sign)
    return Object.hasOwn(labels, name) && (sign === -1 || labels[name] === label.slice(sign + 1))
  })
}

/** A pattern that means what it says. */
const PLAIN = /^(?<start>\^?)(?<text>[A-Za-z0-9_/-]*)(?<end>\$?)$/

/** Patterns of one list that are more than plain, and characters of each: reading them takes the one thread's time. */
const MOST_PATTERNS = 8
const LONGEST_PATTERN = 128
/** Counts make a pattern as long as they say, one in the other, however short it is written; and a match takes as long. */
const COUNTED = /\{\d/

/** Go's regular expressions, which take no longer than the text is; what is none, or too much, matches itself alone. */
async function nameTest(pattern: string, isRead: boolean): Promise<(name: string) => boolean> {
  const { start, text = '', end } = PLAIN.exec(pattern)?.groups ?? {}
  if (start !== undefined) {
    if (start === '') return end === '' ? (name) => name.includes(text) : (name) => name.endsWith(text)
    return end === '' ? (name) => name.startsWith(text) : (name) => name === text
  }
  return isRead && !COUNTED.test(pattern) ? expressionTest(pattern, pattern) : (name) => name === pattern
}

/** Go's path.Match: stars stop at a slash. */
async function globTest(pattern: string, isRead: boolean): Promise<(name: string) => boolean> {
  if (!isRead || !/[*?[\\]/.test(pattern)) return (name) => name === pattern
  const written = pattern.replaceAll(GLOB, (sign, escaped: string | undefined, set: string | undefined) => {
    if (escaped !== undefined) return `\\x{${escaped.codePointAt(0)?.toString(16)}}`
    if (set !== undefined) return set
    return sign === '*' ? '[^/]*' : sign === '?' ? '[^/]' : `\\x{${sign.codePointAt(0)?.toString(16)}}`
  })
  return expressionTest(`^(?:${written})$`, pattern)
}

/** A sign after a backslash, a set, or a single sign. */
const GLOB = /\\([^])|(\[\^?[^\]\\[]+\])|[^]/gu

/** @param written what is read as an expression; where it is none, or too much, only what is the pattern itself passes */
async function expressionTest(written: string, pattern: string): Promise<(name: string) => boolean> {
  if (pattern.length > LONGEST_PATTERN) return (name) => name === pattern
  const { RE2JS, RE2JSException } = await import('re2js')
  try {
    const compiled = RE2JS.compile(written)
    return (name) => name === pattern || compiled.matcher(name).find()
  } catch (cause) {
    if (cause instanceof RE2JSException) return (name) => name === pattern
    throw cause
  }
}
