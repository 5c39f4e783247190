/** What holds of every decision; single ones are in test/cases. */
import { describe, expect, test } from 'vitest'
import { ask } from '../../test/cases/world.ts'
import { ROUTES } from '../decode/routes.ts'

const NO_RIGHTS = { docker: { allow: [], reach: {} }, run: {}, world: {}, without: [] }

const BODIES: Readonly<Record<string, unknown>> = {
  'POST /containers/create': { Image: 'alpine' },
  'POST /containers/{id}/update': {},
  'POST /networks/create': { Name: 'net' },
  'POST /networks/{id}/connect': { Container: 'web' },
  'POST /networks/{id}/disconnect': { Container: 'web' },
  'POST /volumes/create': { Name: 'mine' },
}

describe('a worker without rights', () => {
  // These tell nothing of what is there.
  const ANYBODY = ['GET /_ping', 'HEAD /_ping', 'GET /plugins']
  test.each(ROUTES.map((route) => route.endpoint).filter((endpoint) => !ANYBODY.includes(endpoint)))(
    'is refused %s',
    (endpoint) => {
      const line = endpoint
        .replaceAll(/\{[a-z]+\}/g, 'web')
        .replace('/images/create', '/images/create?fromImage=alpine')
      const { verdict } = ask({ line, body: BODIES[endpoint] }, NO_RIGHTS)
      // Its own container it sees, redacted.
      if (endpoint === 'GET /containers/{id}/json')
        expect(verdict).toMatchObject({ effect: 'allow', permit: { view: 'redacted' } })
      else expect(verdict).toMatchObject({ effect: 'refuse' })
    },
  )
})

describe('a decision', () => {
  test('is the same for the same request', () => {
    const request = {
      line: 'POST /containers/create',
      body: { Image: 'alpine', HostConfig: { Binds: ['/srv/work:/w'] } },
    }
    expect(ask(request).verdict).toEqual(ask(request).verdict)
  })

  test('tells nothing of what is wrong with a request that is not granted at all', () => {
    const { verdict } = ask(
      { line: 'POST /containers/create', body: { Image: 'alpine', HostConfig: { Privileged: true } } },
      NO_RIGHTS,
    )
    expect(verdict).toMatchObject({ effect: 'refuse', refusal: { rule: 'docker.allow', also: [] } })
  })

  test('gives the hint of the operator first, for any spelling of the word', () => {
    const given = { ...NO_RIGHTS, docker: { allow: [], reach: {}, hints: { 'container rm': 'ask Ann' } } }
    expect(ask({ line: 'DELETE /containers/web' }, given).verdict).toMatchObject({
      refusal: { instead: ['ask Ann'] },
    })
  })

  test('lets nobody reach a container by the name of what every object has', () => {
    const world = { containers: { constructor: { owner: 'operator' }, toString: { owner: 'operator' } } }
    const given = { docker: {}, run: {}, world, without: [] }
    expect(ask({ line: 'GET /containers/constructor/json' }, given).verdict).toMatchObject({ status: 404 })
    expect(ask({ line: 'POST /containers/toString/restart' }, given).verdict).toMatchObject({ status: 404 })
  })
})
