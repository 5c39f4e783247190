/** Every endpoint that the engine publishes, and every parameter of those that are decoded. */
import { describe, expect, test } from 'vitest'
import { decode, routeOf } from '../../src/decode/decode.ts'
import type { Decoded } from '../../src/decode/operation.ts'
import { ROUTES } from '../../src/decode/routes.ts'
import { NEWEST_MINOR } from '../../src/decode/target.ts'
import { ENDPOINTS, PARAMETERS, type Parameter } from './tables.ts'

/** What engines honour beside what they publish. */
const UNPUBLISHED = [
  ...['POST /grpc', 'POST /containers/{id}/copy', 'POST /containers/{id}/checkpoints'],
  ...['GET /containers/{id}/checkpoints', 'DELETE /containers/{id}/checkpoints/{checkpoint}'],
]

describe('endpoints', () => {
  test.each(ENDPOINTS.map(({ method, path, operation }) => [`${method} ${path}`, operation]))(
    '%s is stated as %s',
    (endpoint, operation) => {
      expect(ROUTES.filter((route) => route.endpoint === endpoint).map(({ id }) => id)).toEqual([operation])
    },
  )

  test('nothing else is answered to', () => {
    const published = new Set(ENDPOINTS.map(({ method, path }) => `${method} ${path}`))
    expect(ROUTES.map((route) => route.endpoint).filter((endpoint) => !published.has(endpoint)).sort()).toEqual(
      [...UNPUBLISHED].sort(),
    )
  })

  test.each(ROUTES.map((route) => [route.endpoint, route]))('%s is found by its path', (endpoint, route) => {
    const [method = '', path = ''] = endpoint.split(' ')
    for (const version of ['', '/v1.24', `/v1.${NEWEST_MINOR}`]) {
      const routed = routeOf(method, version + path.replaceAll(/\{[a-z]+\}/g, 'thing'))
      expect(routed).toMatchObject({ found: true, match: { route: { endpoint: route.endpoint } } })
    }
  })
})

/** Values that are not empty, where the type alone does not give one. */
const VALUES: Readonly<Record<string, string>> = {
  ps_args: '-ef',
  condition: 'removed',
  signal: 'TERM',
  path: '/etc',
  changes: 'LABEL a=b',
  fromImage: 'alpine',
  'X-Registry-Auth': 'e30=',
  buildargs: '{"A":"1"}',
  cachefrom: '["alpine"]',
  labels: '{"a":"1"}',
  networkmode: 'none',
  version: '1',
}

/** Parameters of decoded endpoints that are refused, whatever they hold. */
const REFUSED = new Set([
  ...['fromSrc', 'repo', 'message', 'changes'].map((name) => `POST /images/create ${name}`),
  'DELETE /images/{name} platforms',
  ...['outputs', 'remote', 'squash'].map((name) => `POST /build ${name}`),
  ...['max-used-space', 'min-free-space', 'reserved-space'].map((name) => `POST /build/prune ${name}`),
])

const DECODED = ROUTES.filter((route) => route.content !== 'unread').map((route) => route.endpoint)
const decodedParameters = PARAMETERS.filter(({ method, path }) => DECODED.includes(`${method} ${path}`))

const BODIES: Readonly<Record<string, string>> = {
  '/containers/create': '{"Image":"alpine"}',
  '/commit': '{}',
  '/containers/{id}/update': '{}',
  '/networks/create': '{"Name":"net"}',
  '/networks/{id}/connect': '{"Container":"web"}',
  '/networks/{id}/disconnect': '{"Container":"web"}',
  '/volumes/create': '{}',
  '/containers/{id}/exec': '{"Cmd":["ls"]}',
  '/exec/{id}/start': '{}',
}

/** What a request of the endpoint has beside the parameter that is looked at. */
const NEEDED: Readonly<Record<string, string>> = {
  'POST /commit': 'container=web',
  'GET /images/get': 'names=alpine',
}

const FILTERS: Readonly<Record<string, string>> = {
  '/images/search': '{"stars":["3"]}',
  '/plugins': '{"enabled":["true"]}',
}

const HANDSHAKE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
}

/** A request with that one parameter, decoded. */
function send({ method, path, place, name, type }: Parameter): Decoded {
  const given = name === 'filters' ? (FILTERS[path] ?? '{"label":["a"]}') : VALUES[name]
  const value = given ?? (type === 'integer' ? '7' : type === 'boolean' ? '1' : 'text')
  const needed = (NEEDED[`${method} ${path}`] ?? '').split('&').filter((pair) => !pair.startsWith(`${name}=`))
  const query = `?${[...needed, ...(place === 'query' ? [`${name}=${encodeURIComponent(value)}`] : [])].join('&')}`
  const target = `/v1.45${path.replaceAll(/\{[a-z]+\}/g, 'thing')}${query}`
  const routed = routeOf(method, target)
  if (!routed.found) throw new Error(`${method} ${target} has no route`)
  const body = Buffer.from(BODIES[path] ?? '')
  const rawHeaders = [
    ...(place === 'header' ? [name, value] : []),
    ...(path.endsWith('/ws') ? Object.entries(HANDSHAKE).flat() : []),
    ...(body.length > 0 ? ['Content-Type', 'application/json'] : []),
  ]
  return decode(routed.match, { rawHeaders, body })
}

describe('parameters', () => {
  test('of every decoded endpoint are walked', () => {
    expect(decodedParameters.length).toBeGreaterThan(60)
  })

  test.each(decodedParameters.map((one) => [`${one.method} ${one.path} ${one.name}`, one] as const))(
    '%s is named by the decoder',
    (title, parameter) => {
      const { operation, findings } = send(parameter)
      expect(operation).not.toMatchObject({ kind: 'malformed' })
      if (!REFUSED.has(title)) return expect(findings).toEqual([])
      expect(findings).toHaveLength(1)
      expect(findings[0]?.what).toContain(parameter.name)
      expect(findings[0]?.why).not.toContain('not known')
    },
  )

  test.each(DECODED)('%s goes on without a parameter that no version has', (endpoint) => {
    const [method = '', path = ''] = endpoint.split(' ')
    const { findings, leftOut, operation } = send({
      ...{ method, path, place: 'query', name: 'surprise', type: 'string' },
    })
    expect([findings, leftOut]).toEqual([[], ['surprise']])
    expect(JSON.stringify(operation)).not.toContain('surprise')
  })
})
