import { createServer, connect as connectSocket, type Socket } from 'node:net'
import { once } from 'node:events'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { answerOf, GrpcClient } from './client.ts'
import { Deframer, framed } from './framing.ts'
import { serveGrpc, type IncomingCall } from './server.ts'
import { CODE, endOf, GrpcError, trailersOf } from './status.ts'

const open: GrpcClient[] = []
afterEach(() => {
  for (const client of open.splice(0)) client.close()
})

async function connected(
  answer: (call: IncomingCall) => Promise<void>,
  failed: (cause: unknown) => void = () => undefined,
): Promise<GrpcClient> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  server.once('connection', (socket: Socket) => {
    serveGrpc(socket, answer, failed)
    server.close()
  })
  const client = new GrpcClient(connectSocket(address.port, '127.0.0.1'))
  open.push(client)
  return client
}

async function echo(call: IncomingCall): Promise<void> {
  for (let message = await call.next(); message !== undefined; message = await call.next())
    await call.write(message)
}

describe('messages in frames', () => {
  test('are the same however they are cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 })
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (sent, sizes) => {
        const whole = Buffer.concat(sent.flatMap((one) => framed(Buffer.from(one))))
        const deframer = new Deframer()
        const came: Buffer[] = []
        for (let at = 0; at < whole.length;) {
          const size = sizes.next().value
          came.push(...deframer.push(whole.subarray(at, at + size)))
          at += size
        }
        expect(came.map((one) => [...one])).toEqual(sent.map((one) => [...one]))
        expect(deframer.isWithin).toBe(false)
      }),
    )
  })

  test('are not compressed, and not larger than an engine takes', () => {
    expect(() => new Deframer().push(Buffer.from([1, 0, 0, 0, 0]))).toThrow('not compressed')
    expect(() => new Deframer().push(Buffer.from([0, 0x01, 0, 0, 1]))).toThrow('16777217 bytes')
  })
})

describe('an end', () => {
  test('tells its message whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const text = message.toWellFormed()
        expect(endOf(trailersOf(new GrpcError(CODE.refused, text)))?.message).toBe(text)
      }),
    )
  })

  test('is a good one where it says so, and else none', () => {
    expect(endOf(trailersOf())).toBeUndefined()
    expect(endOf({})?.code).toBe(CODE.unknown)
  })
})

describe('a call', () => {
  test('has answers to what it says, in order', async () => {
    const call = (await connected(echo)).call('/x.Y/Z')
    await call.messages.write(Buffer.from('one'))
    await call.messages.write(Buffer.from('two'))
    call.end()
    expect([await call.messages.next(), await call.messages.next()].map(String)).toEqual(['one', 'two'])
    expect(await call.messages.next()).toBeUndefined()
    expect(await call.ended()).toBeUndefined()
  })

  test('takes what is large, at the pace of who reads', async () => {
    const large = Buffer.alloc(3 * 2 ** 20, 'x')
    const call = (await connected(echo)).call('/x.Y/Z')
    const said = Promise.all([1, 2, 3].map(() => call.messages.write(large))).then(() => call.end())
    for (let count = 0; count < 3; count += 1) expect((await call.messages.next())?.equals(large)).toBe(true)
    await said
    expect(await call.ended()).toBeUndefined()
  })

  test('is refused with words', async () => {
    const client = await connected(() => Promise.reject(new GrpcError(CODE.refused, 'not this: 100 % “no”')))
    const call = client.call('/x.Y/Z')
    call.end()
    await expect(answerOf(call)).rejects.toMatchObject({
      code: CODE.refused,
      message: 'not this: 100 % “no”',
    })
  })

  test('that fails in the gate tells no more than that', async () => {
    const failures: unknown[] = []
    const client = await connected(
      () => Promise.reject(new Error('a fault of the gate')),
      (cause) => failures.push(cause),
    )
    const call = client.call('/x.Y/Z')
    call.end()
    await expect(answerOf(call)).rejects.toMatchObject({
      code: CODE.internal,
      message: expect.not.stringContaining('fault'),
    })
    expect(failures).toHaveLength(1)
  })

  test('carries its metadata, a name as often as it is there', async () => {
    const seen = Promise.withResolvers<IncomingCall['metadata']>()
    const client = await connected(async (call) => seen.resolve(call.metadata))
    client
      .call('/x.Y/Z', [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ])
      .end()
    expect((await seen.promise).filter(([name]) => name === 'a')).toEqual([
      ['a', '1'],
      ['a', '3'],
    ])
  })

  test('that is given up ends at the other side', async () => {
    const gone = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const client = await connected(async (call) => {
      call.whenGone(gone.resolve)
      begun.resolve()
      await gone.promise
    })
    const call = client.call('/x.Y/Z')
    await call.messages.write(Buffer.from('x'))
    await begun.promise
    call.cancel()
    await gone.promise
  })

  test('over a connection that is gone says so', async () => {
    const client = await connected(echo)
    client.close()
    expect(() => client.call('/x.Y/Z')).toThrow('has gone')
  })
})
