/** The decisions of test/cases: a request, a policy and a world in, a verdict and what is sent out. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parse } from 'yaml'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ask, execIdOf, idOf, imageIdOf, networkIdOf, settings, type Answer } from './cases/world.ts'

const refusal = z.strictObject({
  rule: z.string(),
  what: z.string().optional(),
  why: z.string().optional(),
  instead: z.array(z.string()).optional(),
  also: z.array(z.string()).optional(),
  /** Whether the same request can be granted later. */
  retryable: z.boolean().default(false),
  status: z.literal([400, 403, 404, 409, 503]).default(403),
})

const allowance = z.strictObject({
  /** The word that grants it. */
  by: z.string(),
  rule: z.string().optional(),
  view: z.enum(['full', 'redacted']).optional(),
  /** Parts of the permit. */
  permit: z.record(z.string(), z.unknown()).optional(),
  /** Method and path that go to the engine. */
  sends: z.string().optional(),
  /** Parts of the body that go to the engine. */
  body: z.record(z.string(), z.unknown()).optional(),
  /** Parts of its HostConfig. */
  host: z.record(z.string(), z.unknown()).optional(),
})

const common = {
  says: z.string(),
  ...settings.partial().shape,
  request: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  /** The HostConfig of a create of alpine. */
  host: z.record(z.string(), z.unknown()).optional(),
}
const cases = z.array(
  z.union([z.strictObject({ ...common, refuse: refusal }), z.strictObject({ ...common, allow: allowance })]),
)
type Case = z.output<typeof cases>[number]

const folder = new URL('cases/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'standard.yaml')

test('there are cases', () => {
  expect(files.length).toBeGreaterThan(5)
})

describe.each(files)('%s', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8')
    .replaceAll(/<id of ([a-z]+)>/g, (_, name: string) => idOf(name))
    .replaceAll(/<network id of ([a-z]+)>/g, (_, name: string) => networkIdOf(name))
    .replaceAll(/<exec in ([a-z]+)>/g, (_, name: string) => execIdOf(name))
    .replaceAll(/<image id of ([a-z]+)>/g, (_, name: string) => imageIdOf(name))
    .replaceAll(/<start of ([a-z]+)>/g, (_, name: string) => imageIdOf(name).slice(7, 70))
  const parsed = cases.parse(parse(text))

  test('says each thing once', () => {
    const said = parsed.map(({ says }) => says)
    expect(said).toEqual([...new Set(said)])
    expect(basename(file)).toMatch(/^[a-z-]+\.yaml$/)
  })

  test.each(parsed.map((one) => [one.says, one] as const))('%s', (_, one) => {
    const { engine = {}, docker = {}, run = {}, world = {}, without = [] } = one
    const body = one.host === undefined ? one.body : { Image: 'alpine', HostConfig: one.host }
    const answer = ask(
      { line: one.request, headers: one.headers, body },
      { engine, docker, run, world, without },
    )
    if ('refuse' in one) expectRefusal(answer, one.refuse)
    else expectAllowance(answer, one)
  })
})

function expectRefusal({ verdict, sent }: Answer, { status, ...expected }: z.output<typeof refusal>): void {
  expect(verdict).toMatchObject({ effect: 'refuse', status, refusal: expected })
  if (verdict.effect !== 'refuse') return
  // A refusal says what, why and what instead, in words: none of them is left empty.
  const { decision, what, why, instead, also } = verdict.refusal
  const words = [verdict.subcommand, what, why, ...instead, ...also]
  expect(words.filter((text) => !/[a-z0-9]/i.test(text))).toEqual([])
  expect(decision).toBe('refused')
  expect(sent).toBeUndefined()
}

function expectAllowance({ verdict, sent }: Answer, { allow }: Extract<Case, { allow: unknown }>): void {
  const { by, rule, view, permit, sends, body, host } = allow
  if (verdict.effect === 'refuse') throw new Error(`refused: ${JSON.stringify(verdict.refusal)}`)
  expect(verdict.subcommand).toBe(by)
  if (rule !== undefined) expect(verdict.rule).toBe(rule)
  if (view !== undefined) expect(verdict.permit).toMatchObject({ view })
  if (permit !== undefined) expect(verdict.permit).toMatchObject(permit)
  if (sends !== undefined) expect(`${sent?.method} ${decodeURIComponent(sent?.path ?? '')}`).toBe(sends)
  if (body === undefined && host === undefined) return
  const written: unknown = JSON.parse(sent?.body?.toString() ?? 'null')
  expect(written).toMatchObject({ ...body, ...(host === undefined ? {} : { HostConfig: host }) })
}
