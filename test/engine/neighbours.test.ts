/** What one worker asks for, many times at once, is not done before another worker's short call. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tarFile } from '../../src/perform/tar-file.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request, type Request } from '../support/http.ts'
import { policyFor } from '../support/policy.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const MANY = 20
let gate: Gate
beforeAll(async () => {
  gate = await startGate({ policy: withOther((directory) => policyFor(directory)) })
})
afterAll(() => gate[Symbol.asyncDispose]())

const build = (dockerfile: string): Request => {
  const context = [tarFile('Dockerfile', Buffer.from(dockerfile)), Buffer.alloc(1024)]
  return {
    method: 'POST',
    path: '/build',
    headers: { 'content-type': 'application/x-tar' },
    body: gzipSync(Buffer.concat(context)),
  }
}
const create = (body: object): Request => ({ method: 'POST', path: '/containers/create', body })

test.each<readonly [string, Request]>([
  ['bodies of escapes', create({ Image: '\n'.repeat(500_000) })],
  ['environments of many variables', create({ Image: 'busybox', Env: Array(3_000).fill('A=b') })],
  [
    'Dockerfiles of many continued lines',
    build(`FROM scratch\n${`RUN a${'\\\n'.repeat(500)}\n`.repeat(990)}`),
  ],
])('%s that a worker sends do not keep another one waiting', async (_what, asked) => {
  let answered = 0
  const all = Array.from({ length: MANY }, async () => {
    await request(gate.socket, asked)
    answered += 1
  })
  // The first is done, and the others are under way.
  await Promise.race(all)
  const { status } = await request(otherSocket(gate.directory), { path: '/_ping' })
  expect({ status, isFirst: answered < MANY / 2 }).toEqual({ status: 200, isFirst: true })
  await Promise.all(all)
})

test('bodies in chunks of one byte that a worker sends do not keep another one waiting', async () => {
  let answered = 0
  const head = 'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const body = '1\r\n \r\n'.repeat(100_000)
  const all = Array.from({ length: MANY }, async () => {
    const connection = connect(gate.socket)
    connection.write(`${head}Transfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`)
    await once(connection, 'data')
    answered += 1
    connection.destroy()
  })
  await Promise.race(all)
  const { status } = await request(otherSocket(gate.directory), { path: '/_ping' })
  expect({ status, isFirst: answered < MANY / 2 }).toEqual({ status: 200, isFirst: true })
  await Promise.all(all)
})
