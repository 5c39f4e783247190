/** Values in the places of `<parameters>`: one whole word each, described by the policy. */
import type { ParameterValues } from './policy.ts'

const LONGEST_VALUE = 128

/** True if a word may stand for a parameter. One that begins with `-` never may: a program would take it for an option. */
export function valueMatches(values: ParameterValues, word: string): boolean {
  if (word.length > LONGEST_VALUE || !/^[!-~]+$/.test(word) || word.startsWith('-')) return false
  switch (values.kind) {
    case 'list':
      return values.values.includes(word)
    case 'range':
      return /^(?:0|[1-9][0-9]{0,8})$/.test(word) && Number(word) >= values.from && Number(word) <= values.to
    case 'pattern':
      return new RegExp(`^(?:${values.source})$`, 'u').test(word)
  }
}

/** What may stand there, for people. */
export function describeValues(values: ParameterValues): string {
  switch (values.kind) {
    case 'list':
      return values.values.join(', ')
    case 'range':
      return `${values.from} to ${values.to}`
    case 'pattern':
      return values.source
  }
}

const RANGE = /^(0|[1-9][0-9]{0,8})\.\.(0|[1-9][0-9]{0,8})$/

/** Reads `1..1000`, a regular expression or a list; or says what is wrong. */
export function readValues(
  written: string | readonly string[],
): ParameterValues | { readonly problem: string } {
  if (typeof written !== 'string') return { kind: 'list', values: written }
  const range = RANGE.exec(written)
  if (range !== null) {
    const [from = 0, to = 0] = range.slice(1).map(Number)
    return from > to ? { problem: 'the first number is above the last' } : { kind: 'range', from, to }
  }
  const problem = patternProblem(written)
  return problem === undefined ? { kind: 'pattern', source: written } : { problem }
}

/** Repetitions without end that one pattern may have: each multiplies the time that a word of 128 characters takes. */
const MOST_REPETITIONS = 4
/** A character, a class, a group's start or end, a choice; then how often it is repeated. */
const TOKEN =
  /(?:\\[dwDW.\\/+*?()[\]{}|^$-]|\[\^?(?:\\[dwDW\\\].^/-]|[^\\\]])+\]|\((?:\?:)?|\)|\||[^\\[\](){}|*+?^$])(?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})?/uy

/** Only expressions that can't take long: no repeated group, no reference back, no look around. */
function patternProblem(source: string): string | undefined {
  let repetitions = 0
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex
    const token = TOKEN.exec(source)?.[0]
    if (token === undefined) {
      const rest = JSON.stringify(source.slice(at, at + 8))
      return `${rest} is not used in parameters: write characters, classes as [a-z0-9-], and * + ? {1,8}; they match the whole word`
    }
    if (/^[()].*[*+?}]$/.test(token) && token !== '(?:')
      return 'a group may not be repeated, as that can take for ever'
    if (/[*+]$|,\}$/.test(token) && token.length > 1) repetitions += 1
  }
  if (repetitions > MOST_REPETITIONS) return `has more than ${MOST_REPETITIONS} repetitions without end`
  try {
    RegExp(`^(?:${source})$`, 'u')
    return undefined
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return `is not a regular expression: ${cause.message.replace(/^.*: /, '')}`
  }
}
