/**
 * Request targets in every spelling: what an engine routes to an endpoint, the gate routes to the same one or refuses.
 * Which endpoint an engine took shows in its answer: every name here is of nothing, and each endpoint says so in its own words.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { routeOf } from '../../src/decode/decode.ts'
import { engineSocket, type EngineName, onEngines } from '../support/engine.ts'
import { raw } from '../support/http.ts'
import { runs, seedFor } from '../support/runs.ts'

const NOBODY = 'nobody-has-this-name'

/** GETs, which change nothing, each with what an engine says where it took that one. */
const ENDPOINTS: readonly (readonly [path: string, endpoint: string, answer: RegExp])[] = [
  ['_ping', 'GET /_ping', /^200 OK$/],
  ['version', 'GET /version', /^200 .*"ApiVersion"/],
  ['info', 'GET /info', /^200 .*"DriverStatus"/],
  ['containers/json', 'GET /containers/json', /^200 \[/],
  [`containers/${NOBODY}/json`, 'GET /containers/{id}/json', /^404 .*No such container: /],
  [`containers/${NOBODY}/top`, 'GET /containers/{id}/top', /^404 .*No such container: /],
  ['images/json', 'GET /images/json', /^200 \[/],
  [`images/${NOBODY}/json`, 'GET /images/{name}/json', /^404 .*[Nn]o such image: /],
  [`images/team%2F${NOBODY}/json`, 'GET /images/{name}/json', /^404 .*[Nn]o such image: /],
  [`networks/${NOBODY}`, 'GET /networks/{id}', /^404 .*network /],
  ['networks', 'GET /networks', /^200 \[.*"bridge"/],
  ['volumes', 'GET /volumes', /^200 .*"Volumes"/],
  [`volumes/${NOBODY}`, 'GET /volumes/{name}', /^404 .*no such volume/],
  [`exec/${NOBODY}/json`, 'GET /exec/{id}/json', /^404 .*No such exec instance/],
  ['plugins', 'GET /plugins', /^200 \[\]$/],
  ['swarm', 'GET /swarm', /^(?:503|406) .*swarm manager/],
]

type Change = (path: string, place: number) => string

/** One sign of a path, chosen by the number, in another spelling. */
function at(path: string, place: number, spell: (sign: string) => string): string {
  const chosen = place % path.length
  return path.slice(0, chosen) + spell(path[chosen] ?? '') + path.slice(chosen + 1)
}

const escaped = (sign: string): string => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`
const CHANGES: readonly Change[] = [
  (path) => path,
  (path) => path,
  (path, place) => at(path, place, escaped),
  (path, place) => at(path, place, (sign) => escaped(sign).toUpperCase()),
  (path, place) => at(path, place, (sign) => (sign === '/' ? '//' : sign)),
  (path) => path.replace('/', '//'),
  (path) => path.replace('/', '/./'),
  (path) => path.replace('/', '/x/../'),
  (path) => path.replace('/', '/%2e%2e/'),
  (path) => path.replace('/', '%2f'),
  (path) => path.replace('/', '\\'),
  (path) => `${path}/`,
  (path) => `${path}%00`,
  (path) => `${path}#x`,
  (path) => path.toUpperCase(),
  (path) => path.replace('e', '%C3%A9'),
  (path, place) => at(path, place, (sign) => `${sign}%`),
  (path, place) => at(path, place, (sign) => `%25${escaped(sign).slice(1)}`),
  (path) => path.replace(NOBODY, `${NOBODY}/json`),
  (path) => path.replace(NOBODY, `${NOBODY}/../other`),
  (path) => path.replace('json', 'json/json'),
  (path) => path.replace('containers', 'images'),
]

const PREFIXES = [
  '',
  '',
  '/v1.41',
  '/v1.40',
  '/v1.24',
  '/v1.4',
  '/v1.041',
  '/v1.41/v1.41',
  '/v1',
  '/V1.41',
  '/v1.41.0',
  '/%761.41',
  '/v01.41',
  '//v1.41',
  '/v1.41/',
  '/./v1.41',
  '/v99.9',
]
const QUERIES = [
  '',
  '',
  '?',
  '?a',
  '?a=1&a=2',
  '?%',
  '?a=%00',
  '?a;b',
  '?x=/../version',
  '?%2e',
  '??',
  '?all=1&all=0',
  '?a=#',
]
const FORMS: readonly ((target: string) => string)[] = [
  (target) => target,
  (target) => target,
  (target) => target,
  (target) => `http://docker${target}`,
  (target) => `//docker${target}`,
  (target) => target.slice(1),
  (target) => `*${target}`,
]

const targets = fc
  .record({
    endpoint: fc.constantFrom(...ENDPOINTS),
    changes: fc.array(fc.tuple(fc.constantFrom(...CHANGES), fc.nat(60)), { maxLength: 2 }),
    prefix: fc.constantFrom(...PREFIXES),
    query: fc.constantFrom(...QUERIES),
    form: fc.constantFrom(...FORMS),
  })
  .map(({ endpoint, changes, prefix, query, form }) => {
    const path = changes.reduce((sofar, [change, place]) => change(sofar, place), endpoint[0])
    return form(`${prefix}/${path}${query}`)
  })

/** The endpoints whose answer this may be: none for an error that no endpoint made. */
function takenBy(answer: string): readonly string[] {
  return ENDPOINTS.filter(([, , says]) => says.test(answer)).map(([, endpoint]) => endpoint)
}

/** Status and body of the answer to a bare GET. */
async function get(socket: string, target: string): Promise<string> {
  const answer = await raw(
    socket,
    `GET ${target} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n`,
    5_000,
  )
  const status = /^HTTP\/1\.[01] ([0-9]{3})/.exec(answer)?.[1] ?? '000'
  const body = answer
    .slice(answer.indexOf('\r\n\r\n') + 4)
    .replace(/^[0-9a-f]+\r\n([^]*?)\r\n0\r\n\r\n$/, '$1')
  return `${status} ${body.trim()}`
}

describe.each(onEngines('new', 'old'))('targets on the %s engine', (engine: EngineName) => {
  test.each(ENDPOINTS.map(([path, endpoint]) => [`/v1.41/${path}`, endpoint]))(
    '%s shows in its answer that it is %s',
    async (target, endpoint) => {
      expect(takenBy(await get(engineSocket(engine), target))).toContain(endpoint)
    },
  )

  test('go where the gate says, or nowhere', async () => {
    const count = { targets: 0, refused: 0, routed: 0, refusedByEngine: 0 }
    const property = fc.asyncProperty(targets, async (target) => {
      count.targets += 1
      const routed = routeOf('GET', target)
      if (!routed.found) return void (count.refused += 1)
      const { endpoint } = routed.match.route
      const answer = await get(engineSocket(engine), target)
      const taken = takenBy(answer)
      if (taken.length === 0) {
        // The gate is no looser than the engine where it takes what the engine does not: nothing is passed on as it came.
        expect(answer).toMatch(/^(?:400|404|301|000|405|500) /)
        return void (count.refusedByEngine += 1)
      }
      count.routed += 1
      expect({ target, taken, gate: taken.includes(endpoint) ? endpoint : undefined }).toEqual({
        target,
        taken,
        gate: endpoint,
      })
    })
    await fc.assert(property, {
      numRuns: runs(5_000),
      seed: seedFor(`targets, ${engine}`),
      endOnFailure: true,
    })
    console.log(`targets, ${engine}:`, JSON.stringify(count))
    expect(count.routed).toBeGreaterThan(runs(5_000) / 40)
  }, 3_600_000)
})
