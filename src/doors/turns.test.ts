import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { Turns } from './turns.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server that takes down what it began to serve, and answers when told to; and a connection to it. */
async function start() {
  const turns = new Turns()
  const begun: { readonly url: string; readonly response: ServerResponse }[] = []
  let arrived = 0
  const server = createServer((request, response) => {
    arrived++
    turns.take(request, response, () => begun.push({ url: request.url ?? '', response }))
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const port = portOf(server.address())
  const open = () => connect(port, '127.0.0.1')
  return { begun, open, arrived: () => arrived }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('it listens on no port')
  return address.port
}

function requests(count: number): string {
  return Array.from({ length: count }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setImmediate()
}

test('requests of one connection are served one at a time, in order', async () => {
  const { begun, open, arrived } = await start()
  const client = open()
  let answer = ''
  client.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
  client.write(requests(5))
  await until(() => arrived() === 5)
  for (let index = 0; index < 5; index++) {
    await until(() => begun.length > index)
    expect(begun.map(({ url }) => url)).toEqual(Array.from({ length: index + 1 }, (_, at) => `/${at}`))
    begun[index]?.response.end(`<${index}>`)
  }
  await until(() => answer.includes('<4>'))
  expect(answer.match(/<\d>/g)).toEqual(['<0>', '<1>', '<2>', '<3>', '<4>'])
  client.destroy()
})

test('connections do not wait for each other', async () => {
  const { begun, open } = await start()
  open().write(requests(1))
  open().write(requests(1))
  await until(() => begun.length === 2)
  expect(begun).toHaveLength(2)
})

test('a connection is used again after its queue was empty', async () => {
  const { begun, open } = await start()
  const client = open()
  for (let index = 0; index < 3; index++) {
    client.write(requests(1))
    await until(() => begun.length > index)
    begun[index]?.response.end()
    await once(client, 'data')
  }
  expect(begun).toHaveLength(3)
})

test('a connection that sends too many ahead is cut, and none of them is served', async () => {
  const { begun, open } = await start()
  const client = open()
  client.on('error', () => undefined)
  client.resume().write(requests(18))
  await once(client, 'close')
  expect(begun.map(({ url }) => url)).toEqual(['/0'])
})

test('what waits is not served once its connection is gone', async () => {
  const { begun, open, arrived } = await start()
  const client = open()
  client.write(requests(3))
  await until(() => arrived() === 3)
  client.destroy()
  await once(begun[0]?.response ?? client, 'close')
  expect(begun).toHaveLength(1)
})
