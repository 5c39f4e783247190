/** Every row of the engine's tables has a stated treatment, and what is stated is what the decoders read by. */
import { describe, expect, test } from 'vitest'
import { decode, routeOf } from '../../src/decode/decode.ts'
import type { Decoded } from '../../src/decode/operation.ts'
import { ROUTES } from '../../src/decode/routes.ts'
import { objectOf } from '../../src/shared/json-value.ts'
import { decodeRequest } from '../cases/world.ts'
import { BODY_FIELDS, ENDPOINTS, NEVER_WERE, PARAMETERS } from './tables.ts'
import { bodyTreatment, parameterTreatment } from './treatments.ts'

const DECODED = ROUTES.filter((route) => route.content !== 'unread')

describe("the engine's own tables", () => {
  test('are here whole', () => {
    expect([ENDPOINTS.length, PARAMETERS.length, BODY_FIELDS.length]).toEqual([108, 188, 1102])
  })

  test('have no parameter or header without a treatment', () => {
    const silent = PARAMETERS.filter(
      ({ method, path, place, name }) => parameterTreatment(`${method} ${path}`, place, name) === undefined,
    )
    expect(silent).toEqual([])
  })

  test('have no body or field without a treatment', () => {
    const silent = BODY_FIELDS.filter(
      ({ method, path, field }) =>
        !NEVER_WERE.includes(field) && bodyTreatment(`${method} ${path}`, field) === undefined,
    )
    expect(silent).toEqual([])
  })

  test('have nothing that is limited, rewritten or refused without a reason', () => {
    const treatments = [
      ...PARAMETERS.map(({ method, path, place, name }) =>
        parameterTreatment(`${method} ${path}`, place, name),
      ),
      ...BODY_FIELDS.map(({ method, path, field }) => bodyTreatment(`${method} ${path}`, field)),
    ]
    expect(treatments.filter((one) => one?.treatment !== 'forwarded' && one?.why === '')).toEqual([])
  })

  test.each(NEVER_WERE.filter((field) => field.includes('PortBindings')))('have %s, which is refused', () => {
    const body = { Image: 'alpine', HostConfig: { PortBindings: { '80/tcp': { HostIp: '1.2.3.4' } } } }
    expect(decodeRequest({ line: 'POST /containers/create', body }).operation.kind).toBe('malformed')
  })
})

/** The least that a body must say to be decoded. */
const LEAST: Readonly<Record<string, string>> = {
  'POST /containers/create': '{"Image":"alpine"}',
  'POST /networks/create': '{"Name":"net"}',
  'POST /containers/{id}/exec': '{"Cmd":["ls"]}',
}

/** The least that a query must say. */
const LEAST_QUERY: Readonly<Record<string, string>> = {
  'POST /commit': 'container=thing',
  'GET /images/get': 'names=thing',
}

/** The least that headers must say. */
const LEAST_HEADERS: Readonly<Record<string, readonly string[]>> = {
  'POST /session': ['X-Docker-Expose-Session-Uuid', 'q0zlm2kkk7d4nsvu4i0ypsd7k'],
  'GET /containers/{id}/attach/ws': [
    ...['Connection', 'Upgrade', 'Upgrade', 'websocket'],
    ...['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Version', '13'],
  ],
}

/** Parameters that may hold anything, since nothing is done with them. */
const UNREAD = ['POST /build/prune all', 'POST /build/prune keep-storage']

describe('the descriptions', () => {
  test.each(DECODED.map((route) => [route.endpoint, route] as const))(
    'of %s are what it is decoded by',
    (endpoint, route) => {
      const [method = '', path = ''] = endpoint.split(' ')
      for (const [name, { treatment }] of Object.entries(route.query.children)) {
        // Of a parameter that must be there, it is the value that is wrong.
        if (LEAST_QUERY[endpoint]?.startsWith(`${name}=`) === true) continue
        if (treatment === 'refused' || UNREAD.includes(`${endpoint} ${name}`)) continue
        // No parameter may hold a control character: whoever reads it says so.
        const { operation } = decoded(method, path, `${name}=%01`, LEAST[endpoint])
        expect(operation).toMatchObject({ kind: 'malformed', why: expect.stringContaining(name) })
      }
      expect(decoded(method, path, '', LEAST[endpoint]).operation.kind).toBe(route.kind)
    },
  )

  test.each(DECODED.filter(({ content }) => content === 'json').map(({ endpoint, body }) => [endpoint, body] as const))(
    'of the body of %s are what it is decoded by',
    (endpoint, body) => {
      const [method = '', path = ''] = endpoint.split(' ')
      for (const [name, field] of Object.entries(body.children)) {
        const least = objectOf(JSON.parse(LEAST[endpoint] ?? '{}'))
        const probe = JSON.stringify({ ...least, [name]: { probe: 7.5 } })
        const { operation, findings } = decoded(method, path, '', probe)
        const told = JSON.stringify([operation, ...findings])
        expect({ name, told: told.includes(name) || field.treatment === 'forwarded' }).toEqual({ name, told: true })
        expect(findings.map(({ what }) => what)).not.toContain(name)
      }
    },
  )
})

function decoded(method: string, path: string, query: string, body = '{}'): Decoded {
  const endpoint = `${method} ${path}`
  const pairs = [LEAST_QUERY[endpoint] ?? '', query].filter((pair) => pair !== '')
  const target = `/v1.45${path.replaceAll(/\{[a-z]+\}/g, 'thing')}?${pairs.join('&')}`
  const routed = routeOf(method, target)
  if (!routed.found) throw new Error(`${method} ${target} has no route`)
  const json = routed.match.route.content === 'json'
  return decode(routed.match, {
    rawHeaders: LEAST_HEADERS[endpoint] ?? (json ? ['Content-Type', 'application/json'] : []),
    body: Buffer.from(json ? body : ''),
  })
}
