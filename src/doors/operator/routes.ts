/** The endpoints of the operator's interface. docs/operator-api.md has each of them, with its parameters; a test holds the two together. */
import type { ServerResponse } from 'node:http'
import type { Engine } from '../../engine/engine.ts'
import type { Gate } from '../../gate.ts'
import { loadPolicy } from '../../policy-file/load.ts'
import { isRecordId } from '../../record/id.ts'
import type { LiveRecord } from '../../record/live.ts'
import { enforce } from '../../rights/enforce.ts'
import { findMisfits } from '../../rights/misfits.ts'
import type { Share } from '../../schedule/scheduler.ts'
import type { Query } from './query.ts'
import { FILTER, readAbout, readPage, type Followers } from './record.ts'
import { policyOf, statusOf, type Setting } from './status.ts'
import { workersOf } from './workers.ts'

/** What the endpoints answer from. */
export interface Operated {
  readonly gate: Gate
  readonly engine: Engine
  readonly record: LiveRecord
  readonly followers: Followers
  readonly setting: Setting
}

export interface Asked {
  readonly query: Query
  /** What stands in the place of ID in the path. */
  readonly id: string
  readonly share: Share
  readonly signal: AbortSignal
  readonly response: ServerResponse
}

/** An answer that is not 200. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** Without its version; ID stands for any segment. */
  readonly path: string
  readonly parameters: readonly string[]
  /** Resolves with the answer; undefined where it was sent already. */
  readonly answer: (on: Operated, asked: Asked) => Promise<object | undefined>
}

/** Of two that a path fits, the first counts. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/status',
    parameters: [],
    answer: async ({ gate, setting }) => statusOf(gate, setting),
  },
  {
    method: 'GET',
    path: '/workers',
    parameters: [],
    answer: async ({ gate }, { share }) => ({ workers: await workersOf(gate, share) }),
  },
  {
    method: 'GET',
    path: '/policy',
    parameters: [],
    answer: async ({ gate, setting }) => policyOf(gate, setting),
  },
  {
    method: 'GET',
    path: '/record',
    parameters: [...FILTER, 'after', 'before', 'limit'],
    answer: ({ record }, { share, query }) => readPage(record, share, query),
  },
  {
    method: 'GET',
    path: '/record/follow',
    parameters: [...FILTER, 'after'],
    answer: async ({ followers }, { share, query, response, signal }) => {
      if (followers.isFull) throw new Refused(503, 'too many follow the record already')
      await followers.serve(share, query, response, signal)
      return undefined
    },
  },
  {
    method: 'GET',
    path: '/record/ID',
    parameters: [],
    answer: async ({ record }, { share, id }) => {
      const found = isRecordId(id) ? await readAbout(record, share, id) : { entries: [] }
      if (found.entries.length === 0) throw new Refused(404, 'the record has no entry of that id')
      return found
    },
  },
  {
    method: 'GET',
    path: '/misfits',
    parameters: ['policy'],
    answer: async ({ gate }, { query }) => {
      const file = query.text('policy')
      return findMisfits(gate, file === undefined ? undefined : await loadPolicy(file))
    },
  },
  {
    method: 'POST',
    path: '/enforce',
    parameters: [],
    answer: ({ gate, engine }) => enforce(gate, engine),
  },
]
