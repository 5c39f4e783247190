/** What holds of the readers for any bytes at all. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, routeOf } from '../../src/decode/decode.ts'
import { JsonError, parseJson, type Json } from '../../src/decode/json.ts'
import { matchRoute } from '../../src/decode/router.ts'
import { ROUTES } from '../../src/decode/routes.ts'
import { parseTarget, TargetError } from '../../src/decode/target.ts'
import { runs } from '../support/runs.ts'

const RUNS = { numRuns: runs(2_000) }

/** What a reader gives, or that it refused by its own error. Any other error is let through. */
function attempt<T>(read: () => T, Refusal: new (message: string) => Error): T | 'refused' {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof Refusal) return 'refused'
    throw cause
  }
}

function plain(value: Json): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]))
  return Array.isArray(value) ? value.map(plain) : value
}

/** Texts that are JSON, or nearly. */
const jsonText = fc.oneof(
  fc.json({ maxDepth: 5 }),
  fc.json({ maxDepth: 3, noUnicodeString: false }),
  fc
    .tuple(fc.json({ maxDepth: 3 }), fc.nat(200), fc.stringMatching(/^[{}[\]",:\\\u0000 tfn0.eE+u-]$/))
    .map(
      ([text, at, sign]) => text.slice(0, at % (text.length + 1)) + sign + text.slice(at % (text.length + 1)),
    ),
  fc.stringMatching(/^[{}[\]",:\\ truefalsn0-3.eE\n-]{0,20}$/),
)

describe('parseJson', () => {
  test('reads what JSON.parse reads, and the same', () => {
    let accepted = 0
    fc.assert(
      fc.property(jsonText, (text) => {
        const mine = attempt(() => parseJson(Buffer.from(text)), JsonError)
        if (mine === 'refused') return
        accepted += 1
        expect(plain(mine)).toEqual(JSON.parse(text))
      }),
      RUNS,
    )
    expect(accepted).toBeGreaterThan(RUNS.numRuns / 10)
  })

  test('refuses any bytes by its own error alone', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          jsonText.map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          attempt(() => parseJson(bytes), JsonError)
        },
      ),
      RUNS,
    )
  })

  test('refuses every key that is there twice, in whatever case and place', () => {
    const key = fc.stringMatching(/^[A-Za-z]{1,8}$/)
    const recased = fc.tuple(key, fc.infiniteStream(fc.boolean())).map(([name, flips]) => ({
      name,
      other: name.replaceAll(/./g, (letter) =>
        flips.next().value ? letter.toUpperCase() : letter.toLowerCase(),
      ),
    }))
    fc.assert(
      fc.property(recased, fc.array(key, { maxLength: 4 }), fc.nat(2), ({ name, other }, between, depth) => {
        const fresh = between.filter((one) => one.toLowerCase() !== name.toLowerCase())
        const members = [name, ...new Set(fresh.map((one) => one.toLowerCase())), other]
        const object = `{${members.map((one) => `"${one}":1`).join(',')}}`
        const text = '{"a":['.repeat(depth) + object + ']}'.repeat(depth)
        expect(() => parseJson(Buffer.from(text), { folded: true })).toThrow(/there twice/)
        if (name === other) expect(() => parseJson(Buffer.from(text))).toThrow(/there twice/)
        else expect(() => parseJson(Buffer.from(text))).not.toThrow()
      }),
    )
  })
})

const segment = fc.oneof(
  fc.constantFrom(
    'v1.41',
    'containers',
    'images',
    'json',
    'create',
    'web',
    'a%2Fb',
    '%2e%2e',
    'library',
    'attach',
    'ws',
  ),
  fc.constantFrom('..', '.', '', 'V1.41', 'v2', '%zz', '%c0%af', 'é', 'networks', 'prune', 'info'),
  fc.stringMatching(/^[!-~]{0,12}$/),
)
const target = fc.oneof(
  fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`),
  fc
    .tuple(
      fc.constantFrom(...ROUTES),
      fc.stringMatching(/^[a-z0-9_.:-]{1,12}(?:%2[Ff][a-z]{1,3}|\/[a-z]{1,4})?$/),
    )
    .map(([route, name]) => (route.endpoint.split(' ')[1] ?? '').replaceAll(/\{[a-z]+\}/g, name)),
  fc.string(),
)
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'get', 'OPTIONS', 'CONNECT')
const query = fc.oneof(
  fc.constant(''),
  fc.string().map((text) => `?${text}`),
  fc.webQueryParameters().map((text) => `?${text}`),
)

describe('the path', () => {
  test('is refused by its own error alone, and goes to one endpoint however often it is read', () => {
    let routed = 0
    fc.assert(
      fc.property(method, target, (verb, path) => {
        const parsed = attempt(() => parseTarget(path), TargetError)
        if (parsed === 'refused') return
        const match = matchRoute(verb, parsed)
        if (match === undefined) return
        routed += 1
        const written =
          match.route.endpoint.replace(/\{[a-z]+\}/, encodeURIComponent(match.name)).split(' ')[1] ?? ''
        // What stands for a second placeholder is of no meaning: those endpoints are refused.
        if (written.includes('{')) return
        const again = matchRoute(verb, parseTarget(`/v1.41${written}`))
        expect(again?.route.endpoint).toBe(match.route.endpoint)
        expect(again?.name).toBe(match.name)
      }),
      RUNS,
    )
    expect(routed).toBeGreaterThan(RUNS.numRuns / 40)
  })
})

describe('a request', () => {
  test('is decoded without an error, whatever its path, query, headers and body', () => {
    const header = fc.tuple(
      fc.constantFrom('Content-Type', 'Upgrade', 'X-Registry-Auth', 'x', ''),
      fc.string(),
    )
    fc.assert(
      fc.property(
        method,
        target,
        query,
        fc.array(header),
        fc.oneof(
          fc.uint8Array(),
          jsonText.map((text) => Buffer.from(text)),
        ),
        (verb, path, parameters, headers, body) => {
          const routed = routeOf(verb, path + parameters)
          if (!routed.found) {
            expect([400, 404]).toContain(routed.malformed.status)
            return
          }
          const rawHeaders = ['Content-Type', 'application/json', ...headers.flat()]
          const decoded = decode(routed.match, {
            rawHeaders,
            body,
          })
          expect(decoded.operation.kind).toMatch(/^[a-z]+(?:\.[a-z-]+)?$/)
        },
      ),
      RUNS,
    )
  })

  test('of JSON is decoded without an error, whatever the JSON', () => {
    const routes = ROUTES.filter((route) => route.content === 'json')
    fc.assert(
      fc.property(fc.constantFrom(...routes), fc.json({ maxDepth: 4 }), (route, text) => {
        const [verb = '', path = ''] = route.endpoint.split(' ')
        const routed = routeOf(verb, path.replace(/\{[a-z]+\}/, 'web'))
        if (!routed.found) throw new Error(`${route.endpoint} has no route`)
        decode(routed.match, {
          rawHeaders: ['Content-Type', 'application/json'],
          body: Buffer.from(text),
        })
      }),
      RUNS,
    )
  })
})
