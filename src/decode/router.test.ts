import { describe, expect, test } from 'vitest'
import { matchRoute } from './router.ts'
import { parseTarget } from './target.ts'

/** The endpoint that a request goes to, and the name in its path. */
function routed(method: string, target: string): readonly string[] | undefined {
  const match = matchRoute(method, parseTarget(target))
  return match === undefined ? undefined : [match.route.endpoint, match.name]
}

describe('a path', () => {
  test.each([
    ['GET', '/containers/json', 'GET /containers/json', ''],
    ['GET', '/containers/web/json', 'GET /containers/{id}/json', 'web'],
    ['GET', '/containers/json/json', 'GET /containers/{id}/json', 'json'],
    ['GET', '/v1.41/images/team/app/json', 'GET /images/{name}/json', 'team/app'],
    ['GET', '/images/team%2Fapp/json', 'GET /images/{name}/json', 'team/app'],
    ['GET', '/containers/web/attach/ws', 'GET /containers/{id}/attach/ws', 'web'],
    ['DELETE', '/containers/web/checkpoints/one', 'DELETE /containers/{id}/checkpoints/{checkpoint}', 'web'],
    // One word short of that endpoint, it is a name with a slash in it, which no container has.
    ['DELETE', '/containers/web/checkpoints', 'DELETE /containers/{id}', 'web/checkpoints'],
    ['GET', '/containers/a/b/json', 'GET /containers/{id}/json', 'a/b'],
    ['GET', '/containers/web/attach/json', 'GET /containers/{id}/json', 'web/attach'],
    ['POST', '/networks/net/connect', 'POST /networks/{id}/connect', 'net'],
    ['DELETE', '/networks/net', 'DELETE /networks/{id}', 'net'],
    ['DELETE', '/images/a%2Fb%3A1', 'DELETE /images/{name}', 'a/b:1'],
  ])('%s %s is %s of %j', (method, target, endpoint, name) => {
    expect(routed(method, target)).toEqual([endpoint, name])
  })

  test.each([
    ...[
      ['GET', '/containers'],
      ['POST', '/containers/json'],
      ['get', '/containers/json'],
      ['GET', '/nothing/web/json'],
      ['GET', '/Containers/web/json'],
    ],
    // Escapes in words of the API: an engine takes them for the words.
    ...[
      ['GET', '/%63ontainers/json'],
      ['GET', '/%63ontainers/web/json'],
      ['GET', '/containers%2Fjson'],
      ['GET', '/containers/%6Ason'],
      ['GET', '/containers/web/%6Ason'],
      ['GET', '/containers/web/attach/%77s'],
      ['POST', '/containers/web/%73tart'],
    ],
  ])('%s %s is none', (method, target) => {
    expect(routed(method, target)).toBeUndefined()
  })
})
