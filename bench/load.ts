/** The load: what one client sees, what many get done, and how fast bytes flow. */
import { connect, type Socket } from 'node:net'
import { ask, checked, Connection } from './connection.ts'
import { attachStream, create, remove, type Direction } from './requests.ts'

/** Milliseconds after which latencies are enough, however few: a long list of a real engine takes 100 ms. */
const LONGEST = 3_000

/** Microseconds until the answers of up to `count` requests, one after the other on one connection. */
export async function keptLatencies(
  path: string,
  request: Buffer,
  count: number,
): Promise<readonly number[]> {
  const connection = new Connection(path)
  const times: number[] = []
  const end = performance.now() + LONGEST
  try {
    while (times.length < count && performance.now() < end) {
      const start = performance.now()
      checked(await connection.send(request), [200])
      times.push((performance.now() - start) * 1000)
    }
  } finally {
    connection.close()
  }
  return times
}

/** Microseconds from the connecting to the answer of up to `count` requests, each on a connection of its own. */
export async function newLatencies(path: string, request: Buffer, count: number): Promise<readonly number[]> {
  const times: number[] = []
  const end = performance.now() + LONGEST
  while (times.length < count && performance.now() < end) {
    const start = performance.now()
    await ask(path, request, 200)
    times.push((performance.now() - start) * 1000)
  }
  return times
}

/** Answers a second that `connections` get in `seconds`. */
export function requestRate(
  path: string,
  request: Buffer,
  connections: number,
  seconds: number,
): Promise<number> {
  return rate(path, connections, seconds, async (connection) => {
    checked(await connection.send(request), [200])
  })
}

/** Containers a second that are created and removed again. */
export function createRate(path: string, connections: number, seconds: number): Promise<number> {
  return rate(path, connections, seconds, async (connection) => {
    const { body } = checked(await connection.send(create), [201])
    checked(await connection.send(remove(createdId(body))), [204])
  })
}

/** The id in the answer to a create. */
export function createdId(body: Buffer): string {
  const id = /"Id": ?"([0-9a-f]{64})"/.exec(body.toString())?.[1]
  if (id === undefined) throw new Error(`the answer to a create has no id: ${body.toString()}`)
  return id
}

async function rate(
  path: string,
  connections: number,
  seconds: number,
  once: (connection: Connection) => Promise<void>,
): Promise<number> {
  const start = performance.now()
  const end = start + seconds * 1000
  let done = 0
  const work = async (): Promise<void> => {
    const connection = new Connection(path)
    try {
      while (performance.now() < end) {
        await once(connection)
        done += 1
      }
    } finally {
      connection.close()
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  return done / ((performance.now() - start) / 1000)
}

const BLOCK = Buffer.alloc(64 * 2 ** 10)

/**
 * Bytes a second of a stream through an attached container.
 * @param start starts the container, once it is attached
 */
export async function streamRate(
  path: string,
  direction: Direction,
  bytes: number,
  start: () => Promise<unknown>,
): Promise<number> {
  const socket = await attached(path, direction)
  try {
    await start()
    const began = performance.now()
    const received =
      direction === 'down' ? drained(socket) : Promise.all([sent(socket, bytes), drained(socket)])
    const count = await received
    if (typeof count === 'number' && count < bytes) throw new Error(`the stream ended after ${count} bytes`)
    return bytes / ((performance.now() - began) / 1000)
  } finally {
    socket.destroy()
  }
}

/** A connection that is the container's. Nothing of the container has been read. */
async function attached(path: string, direction: Direction): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ path, allowHalfOpen: true })
  socket.once('error', reject)
  socket.write(attachStream(direction))
  socket.once('readable', () => {
    const head = String(socket.read())
    if (head.startsWith('HTTP/1.1 101 ')) resolve(socket)
    else reject(new Error(`the answer to attach is: ${head}`))
  })
  return promise
}

/** How many bytes come until the end. */
async function drained(socket: Socket): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let count = 0
  socket.on('data', (chunk) => (count += chunk.length))
  socket.on('end', () => resolve(count))
  socket.on('error', reject)
  socket.resume()
  return promise
}

async function sent(socket: Socket, bytes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = bytes
  const write = (): void => {
    while (left > 0) {
      left -= BLOCK.length
      if (!socket.write(BLOCK)) return
    }
    socket.off('drain', write)
    socket.end(() => resolve())
  }
  socket.on('drain', write)
  write()
  return promise
}
