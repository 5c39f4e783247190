/** A gate before a stand-in of an engine: a test says what that answers, makes calls of the worker's, and sees what was asked and recorded. */
import { Readable } from 'node:stream'
import { routeOf } from '../../src/decode/decode.ts'
import type { EncodedRequest } from '../../src/engine/encoded.ts'
import type { Reply } from '../../src/engine/reply.ts'
import { handle } from '../../src/pipeline.ts'
import type { OutcomeEntry } from '../../src/record/entry.ts'
import { openRecord } from '../../src/record/sqlite/open-reader.ts'
import { Ending, type Until } from '../../src/shared/ending.ts'
import { KnownImages, type KnownImage } from '../../src/world/known-images.ts'
import { ENGINE, UNLABELLED } from '../cases/world.ts'
import { openGate, type LocalGate } from './local-gate.ts'
import { newestOf } from './record.ts'
import { StandIn, type Progress } from './stand-in.ts'
import { asking } from './asking.ts'

/** What a test says of the engine's answer to a request, by method and path without version: `GET /volumes/data`. */
type Answers = (what: string, encoded: EncodedRequest) => Progress | undefined

interface SmallGate extends Disposable {
  readonly gate: LocalGate['gate']
  readonly engine: StandIn
  /** What the engine was asked for, in order, as `POST /containers/…/start`. */
  readonly asked: readonly string[]
  /** Makes the engine list these images, from the next look at it on. */
  readonly listNext: (list: readonly KnownImage[]) => void
  /** Makes a call of the worker's. @param body JSON, or an archive. @param gone ends when its client goes away */
  readonly call: (line: string, body?: unknown, gone?: Until) => Promise<Reply>
  /** Makes one of the worker's own things known. Returns its claim. */
  readonly own: (kind: 'container' | 'network' | 'volume', id: string, name?: string) => string
  /** Outcomes on record, the oldest first. */
  readonly outcomes: () => Promise<readonly OutcomeEntry[]>
}

const CONNECTED = { facts: ENGINE, pingHeaders: {}, version: {}, dataRoot: '/var/lib/docker' }
const ALPINE = {
  id: `sha256:${'c'.repeat(64)}`,
  names: ['docker.io/library/alpine:latest'],
  parent: '',
  ...UNLABELLED,
}

/** @param docker what the worker may. @param wait is waited for at every step of the engine's */
export async function openSmallGate(
  docker: Readonly<Record<string, unknown>>,
  answers: Answers = () => undefined,
  wait: (what: string) => Promise<unknown> = () => Promise.resolve(),
  listed: readonly KnownImage[] = [ALPINE],
): Promise<SmallGate> {
  const asked: string[] = []
  const engine = new StandIn(
    wait,
    (encoded) => asked.push(shortOf(encoded)),
    (encoded) => answers(shortOf(encoded), encoded),
  )
  const local = await openGate(engine, { docker })
  const { gate, identity, store } = local
  const images = new KnownImages()
  let next = listed
  const look = async (): Promise<void> => images.listed(images.question(), next)
  await look()
  Object.defineProperty(gate.feed, 'connected', { get: () => CONNECTED })
  Object.defineProperty(gate.sight, 'known', { get: () => images })
  Object.defineProperty(gate.sight, 'whenKnown', { value: () => Promise.resolve(images) })
  for (const name of ['look', 'lookBelow']) Object.defineProperty(gate.sight, name, { value: look })
  return {
    ...{ gate, engine, asked },
    listNext: (list) => {
      next = list
    },
    call: (line, body, gone = new Ending()) => {
      const [method = '', path = ''] = line.split(' ')
      const target = `/v1.45${path}`
      const isArchive = body instanceof Buffer
      const type = isArchive ? 'application/x-tar' : 'application/json'
      const rawHeaders = body === undefined ? [] : ['Content-Type', type]
      const bytes = Buffer.from(body === undefined || isArchive ? '' : JSON.stringify(body))
      const content = isArchive ? { content: Readable.from([body]) } : {}
      const request = { rawHeaders, body: bytes, ...content }
      return handle(asking(gate, { identity, door: 'socket' }, gone), routeOf(method, target), request)
    },
    own: (kind, id, name = id) => {
      const claim = gate.ownership.claim(kind, identity.name, { memory: 0, nanoCpus: 0 })
      gate.ownership.settle(claim, id, name)
      if (kind === 'volume') gate.inventory.putVolume(id)
      if (kind === 'network') gate.inventory.putNetwork(id, name)
      if (kind === 'container') {
        const state = { running: true, started: true, image: '', binds: [] }
        gate.inventory.putContainer({ id, name, claim: claim.nonce, ...state })
        gate.made.put(claim.nonce, JSON.stringify({ Image: 'docker.io/library/alpine:latest' }))
      }
      return claim.nonce
    },
    outcomes: async () => {
      await store.write([], 'synced')
      const record = openRecord(local.directory)
      const entries = newestOf(record, {}, 1_000).map(({ entry }) => entry)
      record.close()
      return entries.filter((entry) => entry.phase === 'outcome')
    },
    [Symbol.dispose]: () => local[Symbol.dispose](),
  }
}

function shortOf({ method, path }: EncodedRequest): string {
  return `${method} ${path.replace(/^\/v1\.[0-9]+/, '')}`
}

/** Status and JSON of an answer that is whole. */
export function toldBy(reply: Reply): Progress {
  if (reply.kind !== 'whole') throw new Error(`the answer is ${reply.kind}`)
  return [reply.status, reply.body.length === 0 ? undefined : JSON.parse(reply.body.toString())]
}
