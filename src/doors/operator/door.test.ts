import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { readFileSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openGate } from '../../../test/support/local-gate.ts'
import { asChanges, decision, outcome } from '../../../test/support/record.ts'
import { ALONE } from '../../../test/support/share.ts'
import { Engine } from '../../engine/engine.ts'
import { controlSocket } from '../../record/state-directory.ts'
import { objectOf } from '../../shared/json-value.ts'
import { createOperatorDoor } from './door.ts'
import { Query } from './query.ts'
import { FILTER, Followers } from './record.ts'
import { ROUTES } from './routes.ts'

const local = await openGate()
const { gate, store, record, directory } = local
const engine = new Engine('unix:///nonexistent/docker.sock')
const setting = {
  directory,
  url: 'unix:///none',
  policy: 'policy.yaml',
  written: () => 'version: 1\n',
  store,
}
const door = createOperatorDoor({ gate, engine, record, setting })
const first = decision({ time: 1_000, operation: 'image.pull' })
const refused = decision({ time: 2_000, decision: 'refuse', worker: 'rival' })

beforeAll(async () => {
  await door.listen()
  await store.write(asChanges(first, refused, outcome(first.id, { time: 3_000 })), 'synced')
})

afterAll(async () => {
  await door.close()
  engine.close()
  local[Symbol.dispose]()
})

async function open(path: string, method = 'GET', body = ''): Promise<IncomingMessage> {
  const asked = httpRequest({ socketPath: controlSocket(directory), path, method, agent: false })
  asked.end(body)
  const [answer] = await once(asked, 'response')
  return answer
}

async function ask(
  path: string,
  method?: string,
  body?: string,
): Promise<readonly [number | undefined, Readonly<Record<string, unknown>>]> {
  const answer = await open(path, method, body)
  return [answer.statusCode, objectOf(JSON.parse(await text(answer)))]
}

describe('the operator asks', () => {
  test('for the gate, its workers and the policy in force', async () => {
    expect(await ask('/v1/status')).toMatchObject([200, { policy: 'policy.yaml', store: { entries: 3 } }])
    expect(await ask('/v1/workers')).toMatchObject([
      200,
      { workers: [{ name: 'ai-worker', containers: [], images: [], limits: { containers: 20 } }] },
    ])
    expect(await ask('/v1/policy')).toMatchObject([
      200,
      {
        ...{ file: 'policy.yaml', number: 1, since: gate.policy.since, text: 'version: 1\n' },
        summary: expect.stringContaining('worker ai-worker\n'),
        policy: { workers: [{ name: 'ai-worker' }] },
      },
    ])
  })

  test.each<readonly [string, readonly number[], number | undefined]>([
    ['', [1, 2, 3], undefined],
    ['?worker=rival', [2], undefined],
    ['?decision=outcome', [3], undefined],
    ['?operation=image.*&until=2000', [1], undefined],
    ['?since=2000&limit=1', [3], 3],
    ['?limit=1&before=3', [2], 2],
    ['?limit=2&after=0', [1, 2], 2],
    ['?after=3', [], undefined],
  ])('for entries of the record, with %s', async (query, numbers, next) => {
    const [status, answer] = await ask(`/v1/record${query}`)
    expect(status).toBe(200)
    expect(answer).toMatchObject({ entries: numbers.map((seq) => ({ seq })), end: 3 })
    expect(answer['next']).toBe(next)
  })

  test('for all about one decision, by its id or that of an outcome', async () => {
    const [status, answer] = await ask(`/v1/record/${first.id}`)
    expect([status, answer]).toMatchObject([
      200,
      {
        entries: [
          { seq: 1, ...first },
          { seq: 3, of: first.id },
        ],
      },
    ])
    expect(await ask('/v1/record/000000000000')).toMatchObject([404, { message: expect.any(String) }])
  })

  test.each<readonly [string, string, number, string]>([
    ['GET', '/', 404, 'there are GET /v1/status, GET /v1/workers'],
    ['GET', '/status', 404, 'GET /v1/status'],
    ['GET', '//gate/v1/status', 404, 'GET /v1/status'],
    ['GET', 'http://[', 404, 'GET /v1/status'],
    ['GET', '/v1/record/a/b', 404, 'GET /v1/record/ID'],
    ['POST', '/v1/status', 405, 'this is answered to GET'],
    ['GET', '/v1/enforce', 405, 'this is answered to POST'],
    ['GET', '/v1/status?all=1', 400, 'there are no parameters, and no all'],
    ['GET', '/v1/record?wrker=a', 400, 'and no wrker'],
    ['GET', '/v1/record?worker=a&worker=b', 400, 'worker is given twice'],
    ['GET', '/v1/record?limit=0', 400, 'limit must be a whole number from 1 to 1000'],
    ['GET', '/v1/record?since=today', 400, 'since must be a whole number'],
    ['GET', '/v1/record?decision=maybe', 400, 'decision must be one of allow, refuse, outcome'],
    ['GET', '/v1/record?after=1&before=3', 400, 'give one of them'],
    ['GET', '/v1/record/follow?before=3', 400, 'and no before'],
    ['GET', '/v1/record/follow?since=-1', 400, 'since must be a whole number'],
    ['POST', '/v1/enforce', 503, 'the engine is away'],
    ['GET', '/v1/misfits?policy=/nonexistent', 422, "can't read the policy"],
  ])('and is told why %s %s is %i', async (method, path, status, message) => {
    expect(await ask(path, method)).toMatchObject([status, { message: expect.stringContaining(message) }])
  })

  test('with a body in vain', async () => {
    expect(await ask('/v1/enforce', 'POST', '{}')).toMatchObject([
      400,
      { message: 'no endpoint takes a body' },
    ])
  })

  test.each(['status', 'workers', 'policy', 'record'])(
    'for %s, of which docs/operator-api.md names every field',
    async (path) => {
      const page = readFileSync(new URL('../../../docs/operator-api.md', import.meta.url), 'utf8')
      const named = [...page.matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name)
      const [, answer] = await ask(`/v1/${path}`)
      // What a policy has is told by docs/policy.md.
      const { policy: _, ...rest } = answer
      expect(fieldsOf(path === 'policy' ? rest : answer).filter((field) => !named.includes(field))).toEqual(
        [],
      )
    },
  )

  test('at no two endpoints that are the same', () => {
    const names = ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('the record is followed', () => {
  test('by several at once, each with its own filter, from where it was left and as it is written', async () => {
    const all = await follow('?after=1')
    const refusals = await follow('?decision=refuse')
    const later = decision({ decision: 'refuse' })
    const read = decision()
    // Whoever gives no number is given what comes from now on.
    await pause(300)
    store.note(read)
    await store.write(asChanges(later), 'synced')
    expect(await all.take(4)).toMatchObject([
      { seq: 2 },
      { seq: 3 },
      { seq: 4, ...read },
      { seq: 5, ...later },
    ])
    expect(await refusals.take(1)).toMatchObject([{ seq: 5, ...later }])
    all.end()
    refusals.end()
  })

  test('by one that reads nothing only until it is cut, and is not written to without end', async () => {
    const large = Array.from({ length: 40 }, () => decision({ detail: 'x'.repeat(400_000) }))
    await store.write(asChanges(...large), 'synced')
    const followers = new Followers(record, 200)
    const ended = Promise.withResolvers<number>()
    const server = createServer((_, response) => {
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      const { socket } = response
      followers
        .serve(ALONE, new Query(new URLSearchParams('after=0'), ['after', ...FILTER]), response, gone.signal)
        .catch(() => ended.resolve(socket?.bytesWritten ?? 0))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = connect(portOf(server.address()), '127.0.0.1')
    client.on('error', () => undefined)
    client.pause()
    client.write('GET / HTTP/1.1\r\nHost: gate\r\n\r\n')
    // 16 MB are there; the system's own buffers take some, and a page is held here.
    expect(await ended.promise).toBeLessThan(12_000_000)
    client.destroy()
    server.close()
  })

  test('by so many, and no more', async () => {
    const connections: Socket[] = []
    for (let count = 0; count < 32; count += 1) {
      const connection = connect(controlSocket(directory))
      connection.write('GET /v1/record/follow HTTP/1.1\r\nHost: gate\r\n\r\n')
      await once(connection, 'data')
      connections.push(connection)
    }
    expect(await ask('/v1/record/follow')).toMatchObject([
      503,
      { message: expect.stringContaining('too many') },
    ])
    for (const connection of connections) connection.destroy()
    await expect
      .poll(async () => {
        const answer = await open('/v1/record/follow')
        answer.destroy()
        return answer.statusCode
      })
      .toBe(200)
  })
})

/** Names of the fields of a value, and of what is in it. */
function fieldsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf)
  return Object.entries(objectOf(value)).flatMap(([name, inner]) => [name, ...fieldsOf(inner)])
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return address.port
}

async function follow(query: string) {
  const answer = await open(`/v1/record/follow${query}`)
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream'])
  const lines = createInterface({ input: answer })[Symbol.asyncIterator]()
  return {
    end: () => answer.destroy(),
    /** The next entries; ids are those of their events. */
    take: async (count: number): Promise<readonly unknown[]> => {
      const found: unknown[] = []
      for (let id = ''; found.length < count;) {
        const { value = '', done } = await lines.next()
        if (done === true) throw new Error('it ended')
        if (value.startsWith('id: ')) id = value.slice(4)
        if (!value.startsWith('data: ')) continue
        const entry = objectOf(JSON.parse(value.slice(6)))
        expect(String(entry['seq'])).toBe(id)
        found.push(entry)
      }
      return found
    },
  }
}
