import { expect, test } from 'vitest'
import { apiPath, jsonRequest, plainRequest } from './encoded.ts'
import { Engine } from './engine.ts'

test('a path has its version, and a query without what is not given', () => {
  const filters = new Map([['id', ['a/b']]])
  const query = { all: true, size: false, platform: undefined, names: ['x', 'y z'], filters }
  expect(apiPath(45, ['containers', 'json'], query)).toBe(
    '/v1.45/containers/json?all=1&size=0&names=x&names=y%20z&filters=%7B%22id%22%3A%5B%22a%2Fb%22%5D%7D',
  )
})

test('further headers leave the rest as it is', () => {
  const request = jsonRequest('POST', '/x', { a: new Map([['b', 1]]) })
  expect(request.with({ Upgrade: 'tcp' })).toMatchObject({
    method: 'POST',
    path: '/x',
    headers: { 'Content-Type': 'application/json', 'Content-Length': '13', Upgrade: 'tcp' },
    body: Buffer.from('{"a":{"b":1}}'),
  })
})

test('an engine takes nothing that only looks like a request', async () => {
  const engine = new Engine('unix:///nonexistent/docker.sock')
  const request = plainRequest('GET', '/x')
  const copy = Object.setPrototypeOf(structuredClone(request), Object.getPrototypeOf(request))
  await expect(engine.send(copy, 100)).rejects.toThrow(TypeError)
})
