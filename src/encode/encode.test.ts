import { describe, expect, test } from 'vitest'
import { ask, idOf, type Settings } from '../../test/cases/world.ts'
import { apiPath, jsonRequest, plainRequest } from '../engine/encoded.ts'
import { narrowFilters } from './filters.ts'

const EMPTY: Settings = { docker: {}, run: {}, world: {}, without: [] }

function sent(line: string, body?: unknown, headers?: Readonly<Record<string, string>>, given = EMPTY) {
  const { verdict, sent: request } = ask({ line, body, headers }, given)
  if (request === undefined) throw new Error(`refused: ${JSON.stringify(verdict)}`)
  return request
}

describe('what is sent', () => {
  test('escapes values of the query', () => {
    expect(
      apiPath(41, ['a', 'b'], { x: 'a&b=c d', y: true, z: false, n: -1, none: undefined, list: ['p', 'q'] }),
    ).toBe('/v1.41/a/b?x=a%26b%3Dc%20d&y=1&z=0&n=-1&list=p&list=q')
    expect(apiPath(41, ['events'], { filters: new Map([['type', ['container']]]) })).toBe(
      `/v1.41/events?filters=${encodeURIComponent('{"type":["container"]}')}`,
    )
    expect(apiPath(24, ['info'])).toBe('/v1.24/info')
  })

  test('measures bodies in bytes and writes maps as objects', () => {
    const { headers, body } = jsonRequest('POST', '/x', { a: new Map([['é', 1]]), b: undefined })
    expect(body?.toString()).toBe('{"a":{"é":1}}')
    expect(headers).toEqual({ 'Content-Type': 'application/json', 'Content-Length': '14' })
  })

  test('keeps a key that would be a prototype a key', () => {
    const { body } = sent('POST /containers/create', '{"Image":"alpine","Labels":{"__proto__":"x"}}')
    expect(body?.toString()).toContain('"__proto__":"x"')
  })

  test('says that a body is empty for a POST alone', () => {
    expect(plainRequest('POST', '/x').headers).toEqual({ 'Content-Length': '0' })
    expect(plainRequest('GET', '/x').headers).toEqual({})
  })

  test('holds no header of the client', () => {
    const { headers } = sent('GET /containers/web/logs?stdout=1', undefined, {
      'User-Agent': 'x',
      Accept: '*/*',
    })
    expect(headers).toEqual({})
  })

  test('holds the credentials for a registry with a pull', () => {
    const auth = { 'X-Registry-Auth': 'eyJ1IjoieCJ9' }
    expect(sent('POST /images/create?fromImage=alpine&tag=3', undefined, auth).headers).toEqual({
      'Content-Length': '0',
      'X-Registry-Auth': 'eyJ1IjoieCJ9',
    })
  })

  test('takes over the connection for an attach, whatever the client called the protocol', () => {
    const given = { ...EMPTY, docker: { allow: ['attach'] } }
    const { headers } = sent(
      'POST /containers/web/attach?stream=1',
      undefined,
      { Upgrade: 'anything' },
      given,
    )
    expect(headers).toMatchObject({ Connection: 'Upgrade', Upgrade: 'tcp' })
  })

  test("carries the full id and the client's version", () => {
    expect(sent('GET /v1.30/containers/web/top?ps_args=-ef').path).toBe(
      `/v1.30/containers/${idOf('web')}/top?ps_args=-ef`,
    )
    expect(sent('GET /v1.30/containers/web/json').path).toBe(`/v1.30/containers/${idOf('web')}/json`)
  })

  test('is a create in the newest version, so that defaults are those that were decided', () => {
    expect(sent('POST /v1.25/containers/create?name=app', { Image: 'alpine' }).path).toBe(
      '/v1.45/containers/create?name=app',
    )
  })

  test('leaves out what an update does not change', () => {
    const { body } = sent('POST /containers/web/update', { PidsLimit: 7 })
    expect(JSON.parse(body?.toString() ?? '')).toEqual({ PidsLimit: 7 })
  })
})

describe('filters of a list', () => {
  const [one, two] = [`1${'0'.repeat(63)}`, `2${'0'.repeat(63)}`]

  test('get the ids in reach', () => {
    expect(narrowFilters(undefined, [one, two])).toEqual(new Map([['id', [one, two]]]))
    expect(narrowFilters(new Map([['name', ['web']]]), [one])).toEqual(
      new Map([
        ['name', ['web']],
        ['id', [one]],
      ]),
    )
  })

  test('get the ids that the client asks for, as far as they are in reach', () => {
    expect(narrowFilters(new Map([['id', ['2', 'f']]]), [one, two]).get('id')).toEqual([two])
  })

  test('name nobody where nothing is in reach, since no id would mean all', () => {
    expect(narrowFilters(undefined, []).get('id')).toEqual(['0'.repeat(64)])
    expect(narrowFilters(new Map([['id', ['f']]]), [one]).get('id')).toEqual(['0'.repeat(64)])
    expect(narrowFilters(new Map([['id', []]]), [one]).get('id')).toEqual(['0'.repeat(64)])
  })
})
