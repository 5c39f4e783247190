/** Every field of every answer has a stated treatment, which is what happens to it; of a field that nobody knows nothing is told. */
import { describe, expect, test } from 'vitest'
import { ROUTES } from '../../src/decode/routes.ts'
import { answerTo, type Answer, type Asked } from '../../src/filter/answers.ts'
import type { Field } from '../../src/filter/fields.ts'
import { objectOf } from '../../src/shared/json-value.ts'
import { SEES_ALL } from '../support/view.ts'
import { ANSWER_FIELDS, type BodyField } from './tables.ts'

const ASKED: Asked = {
  isWhole: true,
  usage: { isVerbose: false, types: undefined },
  filters: new Set(),
}

/** What the gate answers by itself, after removals one by one (perform/prune.ts). */
const BY_ITSELF = /\/prune$/

const ENDPOINTS = [...new Set(ANSWER_FIELDS.map(({ method, path }) => `${method} ${path}`))].filter(
  (endpoint) => !BY_ITSELF.test(endpoint),
)

function answerOf(endpoint: string, isVerbose = false): Answer | undefined {
  const route = ROUTES.find((one) => one.endpoint === endpoint.replace(/\?.*/, ''))
  if (route === undefined || route.kind === 'unsupported' || route.kind === 'malformed') return undefined
  return answerTo(route.kind, { ...ASKED, usage: { isVerbose, types: undefined } })
}

function fieldOf(endpoint: string, isVerbose = false): Field | undefined {
  const answer = answerOf(endpoint, isVerbose)
  return answer !== undefined && 'told' in answer ? answer.told : undefined
}

function rowsOf(endpoint: string): readonly BodyField[] {
  return ANSWER_FIELDS.filter(({ method, path, field }) => `${method} ${path}` === endpoint && field !== '$')
}

/** `Mounts[].Type` step by step; what begins with a list has an empty name there, and two names have a dot. */
function stepsOf(path: string): readonly string[] {
  return path
    .split(/\.(?!(?:version|features)\b)/)
    .flatMap((name) => name.split(/(?=\[\])/))
    .filter((step) => step !== '')
}

/** What is stated of a field and of those above it, down to one below which nothing is told; undefined where nothing is stated. */
function stated(field: Field | undefined, [step, ...rest]: readonly string[]): readonly Field[] | undefined {
  if (field === undefined) return undefined
  if (step === undefined || field.treatment === 'replaced' || field.treatment === 'left out') return [field]
  const below = stated(Object.hasOwn(field.children, step) ? field.children[step] : undefined, rest)
  return below === undefined ? undefined : [field, ...below]
}

const SAMPLES: Readonly<Record<string, unknown>> = { integer: 7, boolean: true, string: 'text', object: {}, array: [] }

/** An answer that has every one of these fields. */
function sampleOf(rows: readonly BodyField[]): unknown {
  let sample: unknown
  for (const { field, type } of rows) sample = put(sample, stepsOf(field), SAMPLES[type.split('|')[0] ?? ''])
  return sample
}

function put(at: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return at ?? value
  if (step === '[]') return [put(Array.isArray(at) ? at[0] : undefined, rest, value)]
  const name = step === '{*}' ? 'any' : step
  const object = objectOf(at)
  const inner = put(object[name], rest, value)
  return inner === undefined ? object : { ...object, [name]: inner }
}

const THEIRS = 'something of others'

/** The same with a field that nobody knows in each of its objects whose keys are known. */
function withUnknown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnknown)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([name, field]) => [name, withUnknown(field)] as const)
  const more = 'any' in value ? {} : { Unknown: { deep: [THEIRS] }, unknown: THEIRS }
  return { ...Object.fromEntries(fields), ...more }
}

test('the engine’s own table of answers is here whole', () => {
  expect(ANSWER_FIELDS.length).toBe(ROWS)
})
const ROWS = 2239

describe.each(ENDPOINTS)('the answer to %s', (endpoint) => {
  test('has no field without a treatment', () => {
    if (fieldOf(endpoint) === undefined) {
      expect(answerOf(endpoint)?.form).toMatch(/^(?:content|empty|events)$/)
      return
    }
    const silent = rowsOf(endpoint).filter(({ field }) => stated(fieldOf(endpoint), stepsOf(field)) === undefined)
    expect(silent.map(({ field, type }) => `${field} ${type}`)).toEqual([])
  })

  test('says why something in it is not given', () => {
    const fields = rowsOf(endpoint).flatMap(({ field }) => stated(fieldOf(endpoint), stepsOf(field)) ?? [])
    expect(fields.filter(({ treatment, why }) => treatment !== 'given' && why === '')).toEqual([])
  })

  test('tells what is given, and nothing that nobody knows', () => {
    const field = fieldOf(endpoint)
    const sample = sampleOf(rowsOf(endpoint))
    // A disk usage is told in one of two forms.
    const answers = [false, true].map((isVerbose) => {
      const reader = fieldOf(endpoint, isVerbose)
      const told = JSON.stringify(reader?.read(withUnknown(sample), SEES_ALL))
      expect(told ?? '').not.toContain(THEIRS)
      expect(told).toBe(JSON.stringify(reader?.read(sample, SEES_ALL)))
      return reader?.read(sample, SEES_ALL)
    })
    const lost = rowsOf(endpoint).filter(({ field: path, type }) => {
      const isGiven = stated(field, stepsOf(path))?.every(({ treatment }) => treatment === 'given')
      return isGiven === true && type in SAMPLES && answers.every((told) => valueAt(told, stepsOf(path)) === undefined)
    })
    expect(lost.map(({ field: path, type }) => `${path} ${type}`)).toEqual([])
  })
})

function valueAt(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return value
  if (step === '[]') return Array.isArray(value) ? valueAt(value[0], rest) : undefined
  return valueAt(objectOf(value)[step === '{*}' ? 'any' : step], rest)
}
