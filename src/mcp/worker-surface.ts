/** The surface of a worker, asked over its socket. */
import * as z from 'zod'
import { givesExec } from '../policy/argv.ts'
import { ask } from '../ssh/ask.ts'
import { objectOf, type Unknown } from '../shared/json-value.ts'
import type { Answer } from './answer.ts'
import type { RunAnswer, Surface } from './surface.ts'

/** Where a worker's socket is. */
export interface Place {
  readonly socket: string
  /** The key that came in, for the record alone. */
  readonly key?: string | undefined
}

const refusal = z.object({
  decision: z.literal('refused'),
  rule: z.string(),
  what: z.string(),
  why: z.string(),
  instead: z.array(z.string()),
  also: z.array(z.string()),
  retryable: z.boolean(),
  next: z.string(),
  record: z.string(),
})
const answer = z.object({
  do: z.literal('answer'),
  stdout: z.string(),
  stderr: z.string(),
  exit: z.int(),
  truncated: z.boolean().optional(),
  refusal: refusal.optional(),
})
const docker = z.object({
  do: z.literal('docker'),
  socket: z.string(),
  arguments: z.array(z.string()),
  binds: z.array(z.object({ path: z.string(), mode: z.enum(['ro', 'rw']) })),
  verdict: z.string().optional(),
})
const runAnswer = z.discriminatedUnion('do', [
  answer,
  docker,
  z.object({ do: z.literal('dial'), socket: z.string() }),
  z.object({ do: z.literal('mcp') }),
])
const whoami = z.object({
  docker: z.looseObject({
    allow: z.array(z.string()),
    reach: z.record(z.string(), z.array(z.string())),
    exec: z.object({
      own: z.union([z.literal('any'), z.array(z.unknown())]),
      named: z.record(z.string(), z.unknown()),
    }),
  }),
  host: z.array(z.string()),
  text: z.string(),
})
const entries = z.array(z.record(z.string(), z.union([z.string(), z.number()]).transform(String)))
const why = z.object({ entries, text: z.string() })
const audit = z.object({ entries })

/** The surface behind a socket. What the gate can't do is an Error with its message. */
export function workerSurface({ socket, key }: Place): Surface {
  const get = async (path: string): Promise<unknown> => {
    const { value, connection } = await ask(socket, 'GET', path)
    connection.destroy()
    return answered(value)
  }
  const post = async (path: string, asked: object, signal: AbortSignal): Promise<RunAnswer> => {
    const body = { ...asked, door: 'mcp', ...(key === undefined ? {} : { key }) }
    // A session outlives the call that began it, so only the asking is given up with that.
    const giveUp = new AbortController()
    const stop = (): void => giveUp.abort()
    signal.addEventListener('abort', stop)
    const { value, connection } = await ask(socket, 'POST', path, body, giveUp.signal).finally(() =>
      signal.removeEventListener('abort', stop),
    )
    const end = (): void => void connection.destroy()
    const told = runAnswer.parse(answered(value))
    if (told.do !== 'docker') {
      end()
      return told
    }
    const { verdict } = told
    return {
      ...told,
      end,
      verdict:
        verdict === undefined
          ? undefined
          : async (exit): Promise<Answer> => answer.parse(await get(`${verdict}?exit=${exit}`)),
    }
  }
  return {
    run: (asked, signal) => post('/dockgate/run', asked, signal),
    can: (line, signal) => post('/dockgate/can', { line }, signal),
    rights: async () => {
      const { docker: given, host } = whoami.parse(await get('/dockgate/whoami'))
      const exec = givesExec(given.exec) ? ['exec'] : []
      return { docker: [...given.allow, ...Object.values(given.reach).flat(), ...exec], host }
    },
    whoami: async () => whoami.parse(await get('/dockgate/whoami')).text,
    why: async (record) => why.parse(await get(`/dockgate/why/${record}`)).text,
    hasRefused: async (record, rule) => {
      const told = why.safeParse(await get(`/dockgate/why/${record}`).catch(() => undefined))
      return told.success && told.data.entries.some((entry) => isRefusedBy(entry, rule))
    },
    audit: async ({ limit, after, decision }) => {
      const asked = new URLSearchParams({ limit: String(limit) })
      if (after !== undefined) asked.set('after', after)
      if (decision !== undefined) asked.set('decision', decision)
      const found = audit.parse(await get(`/dockgate/audit?${asked.toString()}`))
      return found.entries.map((entry) => JSON.stringify(entry)).join('\n')
    },
  }
}

/** What the gate told, but for an error of its own. */
function answered(value: Unknown): Unknown {
  const { message } = objectOf(value)
  if (typeof message === 'string') throw new Error(message)
  return value
}

/** Whether an entry tells of a refusal by that rule, of the call or on its way: what a build or a load holds is seen later. */
function isRefusedBy(entry: Readonly<Record<string, string>>, rule: string): boolean {
  if (entry['decision'] === 'refuse') return entry['rule'] === rule
  return entry['status'] === '403' && entry['reason']?.startsWith(`refused by policy: ${rule}\n`) === true
}
