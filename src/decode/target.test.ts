import { describe, expect, test } from 'vitest'
import { parseTarget, TargetError } from './target.ts'
import { matchRoute } from './router.ts'

describe('parseTarget', () => {
  test('takes version, segments and query apart', () => {
    expect(parseTarget('/v1.41/containers/web/json?size=1')).toEqual({
      minor: 41,
      segments: ['containers', 'web', 'json'],
      encoded: [false, false, false],
      query: 'size=1',
    })
  })

  test('reads a path without a version', () => {
    expect(parseTarget('/_ping')).toMatchObject({ minor: undefined, segments: ['_ping'], query: '' })
  })

  test('decodes a name and says that it was escaped', () => {
    expect(parseTarget('/images/team%2Fapp%3A1/json')).toMatchObject({
      segments: ['images', 'team/app:1', 'json'],
      encoded: [false, true, false],
    })
  })

  test('decodes a name with a space, which networks may have', () => {
    expect(parseTarget('/networks/test%2001').segments).toEqual(['networks', 'test 01'])
  })

  test('leaves a question mark in the query', () => {
    expect(parseTarget('/info?a?b').query).toBe('a?b')
  })

  test.each([
    ...[
      '',
      '*',
      'info',
      'http://localhost/info',
      '//info',
      '/',
      '/containers//json',
      '/info/',
      '/a/./b',
      '/a/../b',
    ],
    ...[
      '/a b',
      '/a\\b',
      '/a#b',
      '/caf\u00e9',
      '/a\u0000',
      '/a%',
      '/a%2',
      '/a%zz',
      '/a%00',
      '/a%0a',
      '/a%25b',
      '/%2e%2e',
      '/%2E',
      '/a%2f..%2fb',
    ],
    ...[
      '/a%c3%a9',
      '/a%ff',
      '/v2/info',
      '/v1/info',
      '/v1.041/info',
      '/v1.4.1/info',
      '/v1.-1/info',
      '/v%31.41/info',
      '/v1.410/info',
    ],
  ])('%j is refused', (target) => {
    expect(() => parseTarget(target)).toThrow(TargetError)
  })

  test.each([
    ['info', 'must be a path'],
    ['/v2/info', '"v2" is not an API version; write v1.41'],
    ['/v%31.41/info', '"v%31.41" is not an API version'],
    ['/a/%ff', 'an escape that is not UTF-8: %ff'],
    ['/a/%0a', 'an escape that no client of the Engine API sends: %0a'],
    ['/a/b c', 'a part that no client of the Engine API sends: "b c"'],
  ])('%j is told to be refused', (target, why) => {
    expect(() => parseTarget(target)).toThrow(why)
  })

  test('refuses by an error with a name of its own', () => {
    expect(new TargetError('x').name).toBe('TargetError')
  })

  test('a first word that ends as a version is a word', () => {
    expect(parseTarget('/dev2/info')).toMatchObject({ minor: undefined, segments: ['dev2', 'info'] })
  })

  test('a name that begins with v is a name', () => {
    expect(parseTarget('/volumes/v1').segments).toEqual(['volumes', 'v1'])
  })
})

describe('the router', () => {
  const route = (method: string, target: string) => {
    const match = matchRoute(method, parseTarget(target))
    return match === undefined ? undefined : [match.route.id, match.name]
  }

  test.each([
    ['GET', '/containers/json', 'ContainerList', ''],
    ['GET', '/containers/json/json', 'ContainerInspect', 'json'],
    ['GET', '/containers/a/b/json', 'ContainerInspect', 'a/b'],
    ['GET', '/images/ghcr.io/acme/app:1/json', 'ImageInspect', 'ghcr.io/acme/app:1'],
    ['GET', '/images/json/json', 'ImageInspect', 'json'],
    ['GET', '/images/get', 'ImageGetAll', ''],
    ['GET', '/images/a/b/get', 'ImageGet', 'a/b'],
    ['DELETE', '/images/a/b', 'ImageDelete', 'a/b'],
    ['GET', '/containers/web/attach/ws', 'ContainerAttachWebsocket', 'web'],
    ['DELETE', '/containers/web/checkpoints/one', 'CheckpointDelete', 'web'],
    ['POST', '/containers/create', 'ContainerCreate', ''],
    ['POST', '/containers/%77eb/start', 'ContainerStart', 'web'],
  ])('%s %s is %s of %j', (method, target, id, name) => {
    expect(route(method, target)).toEqual([id, name])
  })

  test.each([
    ['GET', '/containers'],
    ['GET', '/Containers/json'],
    ['GET', '/containers/%6ason'],
    ['GET', '/containers/web/jso%6e'],
    ['GET', '/%63ontainers/web/json'],
    ['GET', '/containers%2Fjson'],
    ['GET', '/containers/web/JSON'],
    ['get', '/containers/json'],
    ['PATCH', '/containers/web'],
    ['HEAD', '/containers/json'],
    ['POST', '/containers'],
    ['POST', '/unknown/thing/start'],
  ])('%s %s is not an endpoint', (method, target) => {
    expect(route(method, target)).toBeUndefined()
  })
})
