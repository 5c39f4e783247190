import { describe, expect, test } from 'vitest'
import { read } from '../../test/support/decoded.ts'
import { decode, routeOf } from './decode.ts'
import { isChange, mounts } from './properties.ts'
import { credentials } from './registry-credentials.ts'
import { bodyKindOf } from './routes/route.ts'

const CREATE = 'POST /v1.45/containers/create'
const JSON_TYPE = { 'Content-Type': 'application/json' }

describe('a body', () => {
  test.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json ;  charset=utf-8',
  ])('of type %s is read', (type) => {
    expect(read(CREATE, { Image: 'alpine' }, { 'Content-Type': type }).operation).toMatchObject({
      kind: 'container.create',
      image: 'alpine',
    })
  })

  test.each([
    '',
    'text/plain',
    'x-application/json',
    'application/jsonp',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; x=y',
    'application/x-www-form-urlencoded',
  ])('of type %j is not', (type) => {
    expect(read(CREATE, { Image: 'alpine' }, { 'Content-Type': type }).operation).toEqual({
      kind: 'malformed',
      what: 'POST /containers/create',
      why: 'the body must have Content-Type: application/json',
      status: 400,
    })
  })

  test('without a type is not read', () => {
    const routed = routeOf('POST', '/containers/create')
    if (!routed.found) throw new Error('there is no such route')
    const request = { rawHeaders: [], body: Buffer.from('{}') }
    expect(decode(routed.match, request).operation).toMatchObject({
      why: 'the body must have Content-Type: application/json',
    })
  })

  test('that is empty is none, but where its type says that it is JSON', () => {
    const line = 'POST /v1.45/commit?container=web'
    expect(read(line).operation).toMatchObject({ kind: 'container.commit', container: 'web' })
    expect(read(line, undefined, JSON_TYPE).operation).toMatchObject({
      kind: 'malformed',
      why: expect.stringContaining('a value expected'),
    })
    // An endpoint without a body does not read it.
    expect(read('GET /v1.45/info', undefined, JSON_TYPE).operation.kind).toBe('system.info')
    expect(read(CREATE).operation).toMatchObject({ kind: 'malformed', why: 'the body must be an object' })
  })

  test('says what the query says too, where an endpoint has none', () => {
    for (const body of [{}, { x: '' }, { all: 1 }, { all: 1, size: null }, null, []])
      expect(read('GET /containers/json?all=1', body)).toMatchObject({
        operation: { kind: 'container.list', parameters: { all: true } },
        findings: [],
      })
    for (const body of [{ all: 1, size: 1 }, { size: 1 }, { size: 1, all: 1 }, [1], 'x', 1])
      expect(read('GET /containers/json?all=1', JSON.stringify(body), JSON_TYPE).operation).toMatchObject({
        kind: 'malformed',
        why: 'this endpoint takes no body',
      })
  })

  test('and the query may repeat each other, each in its own letters', () => {
    const { operation, findings } = read(`${CREATE}?name=web&Image=b&Image=c`, { Image: 'a', name: 'x' })
    expect(operation).toMatchObject({ kind: 'container.create', image: 'a', name: 'web' })
    expect(findings).toEqual([])
  })

  test('does not say what belongs into the query', () => {
    const { found, operation, leftOut } = read(CREATE, { Image: 'a', name: 'web' })
    expect([found, leftOut]).toEqual([[], ['name']])
    expect(operation).toMatchObject({ name: undefined })
  })

  test('takes the first of a parameter that is there twice, as an engine does', () => {
    const { found, operation } = read(`${CREATE}?name=web&name=other`, { Image: 'a', name: 'c' })
    expect(found).toEqual([])
    expect(operation).toMatchObject({ name: 'web' })
  })

  test('of an endpoint without one hides nothing in the query', () => {
    expect(read('GET /containers/json?All=1', { All: 1 }).found).toEqual(['All'])
  })
})

test('of an endpoint that is refused nothing is read', () => {
  expect(read('POST /v1.45/swarm/init?a=1&a=2;').operation).toMatchObject({ kind: 'unsupported' })
})

describe('a route', () => {
  test.each([
    ['GET /libpod/info', 'libpod', 400],
    ['GET /v4.0.0/libpod/info', 'libpod', 400],
    ['GET /v1.23/info', 'API version 1.23', 400],
    ['GET /v1.56/info', 'API version 1.56', 400],
    ['GET /v1.45/nothing', 'page not found', 404],
    ['GET /a%ff', '/a%ff', 400],
  ])('of %s is not found', (line, what, status) => {
    expect(read(line).operation).toMatchObject({ kind: 'malformed', what, status })
  })

  test.each(['GET /v1.24/info', 'GET /v1.55/info', 'GET /info'])('of %s is found', (line) => {
    expect(read(line).operation.kind).toBe('system.info')
  })

  test.each([
    ['POST', '/images/create', 'fromSrc=-', 'stream'],
    ['POST', '/images/create', 'fromSrc=', 'none'],
    ['POST', '/images/create', 'fromImage=a', 'none'],
    ['POST', '/images/create', '', 'none'],
    ['POST', '/containers/create', 'fromSrc=-', 'json'],
    ['PUT', '/containers/web/archive', '', 'stream'],
    ['POST', '/containers/web/attach', 'stream=1', 'hijack'],
    ['GET', '/info', 'undefined=1', 'none'],
  ])('%s %s?%s has a body of kind %s', (method, path, query, kind) => {
    const routed = routeOf(method, path)
    expect(routed.found && bodyKindOf(routed.match.route, query)).toBe(kind)
  })
})

describe('credentials of a registry', () => {
  test.each([
    ['', undefined],
    ['eyJhIjoiYiJ9', 'eyJhIjoiYiJ9'],
    ['-_+/9=', '-_+/9='],
    ['A'.repeat(16_384), 'A'.repeat(16_384)],
  ])('%.20j are read', (header, expected) => {
    expect(credentials.read(header, '', [])?.reveal()).toBe(expected)
  })

  test.each(['{"a":"b"}', '!AAA', 'AAA!', 'AA AA', 'A'.repeat(16_385)])('%.20j are refused', (header) => {
    expect(() => credentials.read(header, '', [])).toThrow('the registry credentials are not base64')
  })

  test.each([
    ['POST /images/create?fromImage=a', 'X-Registry-Auth'],
    ['POST /images/a/push', 'X-Registry-Auth'],
    ['GET /images/search?term=a', 'X-Registry-Auth'],
    ['POST /build', 'X-Registry-Config'],
  ])('%s takes those of %s', (line, header) => {
    const given = (headers: Readonly<Record<string, string>>): unknown => {
      const { operation } = read(line, undefined, headers)
      return 'registryAuth' in operation ? operation.registryAuth?.reveal() : 'none'
    }
    expect([given({ [header]: 'YQ' }), given({})]).toEqual(['YQ', undefined])
  })
})

describe('the engine itself', () => {
  test('is asked whether it is there by both methods', () => {
    expect(read('GET /_ping').operation).toEqual({ kind: 'system.ping', method: 'GET' })
    expect(read('HEAD /_ping').operation).toEqual({ kind: 'system.ping', method: 'HEAD' })
  })

  test('tells what takes its disk by type', () => {
    expect(read('GET /system/df?type=image&type=volume&verbose=1').operation).toMatchObject({
      parameters: { type: ['image', 'volume'], verbose: true },
    })
  })
})

test('what only reads is not a change, and all else is one', () => {
  expect(isChange('container.list')).toBe(false)
  expect(isChange('image.search')).toBe(false)
  expect(isChange('container.create')).toBe(true)
  expect(isChange('exec.start')).toBe(true)
  expect(mounts({ kind: 'container.start' })).toBe(true)
  expect(mounts({ kind: 'container.stop' })).toBe(false)
})
