/** Every message and method of BuildKit's own files, beside the tables here: names and numbers are the same, and what is not stated is known not to be. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ASKED, TABLES } from '../../scripts/buildkit-reference.ts'
import { SESSION_METHODS } from '../../src/decode/buildkit/session.ts'
import { CONTROL } from '../../src/doors/buildkit/control.ts'
import { GATEWAY } from '../../src/doors/buildkit/gateway.ts'

const rows = (file: string): readonly (readonly string[])[] =>
  readFileSync(new URL(file, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))

const FIELDS = rows('fields.tsv').map(([file = '', message = '', field = '', number = '', since = '']) => ({
  ...{ file, message, field, number: Number(number), since },
}))
const METHODS = rows('methods.tsv').map(([path = '']) => path)

/** Messages that are not BuildKit's own, or are called otherwise here. */
const ELSEWHERE = ['Empty', 'Timestamp', 'Status', 'DiffInput', 'HealthCheckRequest', 'HealthCheckResponse']

describe('the tables', () => {
  test('have no field that BuildKit has not, and each under its number', () => {
    const unknown = TABLES.filter(({ name }) => !ELSEWHERE.includes(name)).flatMap(({ name, fields }) =>
      Object.entries(fields).flatMap(([key, { number }]) =>
        FIELDS.some((one) => one.message === name && one.field === key && one.number === number)
          ? []
          : [`${name}.${key} = ${number}`],
      ),
    )
    expect(unknown).toEqual([])
  })

  test('have all fields of their messages, the newest among them', () => {
    const missing = FIELDS.filter(({ message, number }) => {
      const tables = TABLES.filter(({ name }) => name === message)
      return (
        tables.length > 0 &&
        tables.every(({ fields }) => Object.values(fields).every((field) => field.number !== number))
      )
    })
    expect(missing).toEqual([])
  })

  test('give a reason for all that is not sent as it was read', () => {
    const silent = TABLES.flatMap(({ name, fields }) =>
      Object.entries(fields).flatMap(([key, { treatment, why }]) =>
        treatment !== 'forwarded' && why === '' ? [`${name}.${key}`] : [],
      ),
    )
    expect(silent).toEqual([])
  })
})

describe('methods', () => {
  test('that are answered are BuildKit’s, and described', () => {
    const answered = [...CONTROL, ...GATEWAY].map(([path]) => path)
    expect(answered.filter((path) => !METHODS.includes(path))).toEqual([])
    expect(answered.toSorted()).toEqual(Object.keys(ASKED).toSorted())
  })

  test('that are neither answered nor passed on are these', () => {
    const known = new Set([...Object.keys(ASKED), ...SESSION_METHODS.keys()])
    expect(
      METHODS.filter((path) => !known.has(path)).map((path) => path.replace(/^.*[./]([A-Z]\w+\/)/, '$1')),
    ).toEqual([
      'LLBBridge/ExecProcess',
      'LLBBridge/Inputs',
      'LLBBridge/NewContainer',
      'LLBBridge/ReadDirContainer',
      'LLBBridge/ReadFileContainer',
      'LLBBridge/ReleaseContainer',
      'LLBBridge/ResolveImageConfig',
      'LLBBridge/ResolveSourceMeta',
      'LLBBridge/StatFileContainer',
      'LLBBridge/Warn',
      'FileSync/TarStream',
    ])
  })
})
