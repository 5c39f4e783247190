/** What is asked of one container by URL alone, and the list of containers. */
import {
  FieldError,
  forwarded,
  limited,
  record,
  refused,
  rewritten,
  type Finding,
  type Read,
} from '../fields.ts'
import type { Json } from '../json.ts'
import { noFields } from '../parts.ts'
import { queryFilters, queryFlag, queryInteger, queryText, type ByWords } from '../query.ts'
import { wordsIn } from '../../shared/words.ts'

const LIST_FILTERS = wordsIn(
  'ancestor expose exited health id isolation is-task label name network publish status volume',
)
export const listQuery = record({
  all: forwarded(queryFlag),
  limit: forwarded(queryInteger),
  size: forwarded(queryFlag),
  filters: limited(
    queryFilters(LIST_FILTERS),
    'narrowed to what is in reach, ancestor to images that the worker may know of',
  ),
  trunc_cmd: rewritten(queryFlag, 'left out: no engine reads it (docker-py sends it)'),
})
export interface ContainerList extends ByWords {
  readonly kind: 'container.list'
  /** Most that are told, of those that `byWords` leaves. */
  readonly most?: number
  readonly parameters: Read<typeof listQuery>
}

export const inspectQuery = record({ size: forwarded(queryFlag) })
export type ContainerInspect = OnContainer<'container.inspect', typeof inspectQuery>

export const logsQuery = record({
  follow: forwarded(queryFlag),
  stdout: forwarded(queryFlag),
  stderr: forwarded(queryFlag),
  since: forwarded(queryText),
  until: forwarded(queryText),
  timestamps: forwarded(queryFlag),
  tail: forwarded(queryText),
  details: forwarded(queryFlag),
  format: forwarded(queryText),
})
export type ContainerLogs = OnContainer<'container.logs', typeof logsQuery>

export const statsQuery = record({ stream: forwarded(queryFlag), 'one-shot': forwarded(queryFlag) })
export type ContainerStats = OnContainer<'container.stats', typeof statsQuery>

export const topQuery = record({ ps_args: limited(psArguments, '-ef, aux or -o pid,COLUMN') })
export type ContainerTop = OnContainer<'container.top', typeof topQuery>

export const startQuery = record({ detachKeys: forwarded(queryText) })
export type ContainerStart = OnContainer<'container.start', typeof startQuery>

/** Seconds that a stop waits for a container to end by itself. */
export const LONGEST_STOP = 600

export const stopQuery = record({
  t: limited(stopTime, `0 to ${LONGEST_STOP} seconds`),
  signal: limited(signal, "on the operator's containers with kill alone"),
})
export type ContainerStop = OnContainer<'container.stop', typeof stopQuery>
export type ContainerRestart = OnContainer<'container.restart', typeof stopQuery>

export const killQuery = record({ signal: forwarded(signal) })
export type ContainerKill = OnContainer<'container.kill', typeof killQuery>

export type ContainerPause = OnContainer<'container.pause', typeof noFields>
export type ContainerUnpause = OnContainer<'container.unpause', typeof noFields>
export type ContainerChanges = OnContainer<'container.changes', typeof noFields>
export type ContainerExport = OnContainer<'container.export', typeof noFields>

export const waitQuery = record({
  condition: forwarded(oneOf('not-running', 'next-exit', 'removed')),
})
export type ContainerWait = OnContainer<'container.wait', typeof waitQuery>

export const resizeQuery = record({ h: forwarded(queryInteger), w: forwarded(queryInteger) })
export type ContainerResize = OnContainer<'container.resize', typeof resizeQuery>

export const renameQuery = record({ name: limited(containerName, 'a name that Docker accepts') })
export type ContainerRename = OnContainer<'container.rename', typeof renameQuery>

export const removeQuery = record({
  v: forwarded(queryFlag),
  force: forwarded(queryFlag),
  link: forwarded(queryFlag),
})
export type ContainerRemove = OnContainer<'container.remove', typeof removeQuery>

/** What an attach says, by whichever protocol. */
export const attachParameters = {
  detachKeys: forwarded(queryText),
  logs: forwarded(queryFlag),
  stream: forwarded(queryFlag),
  stdin: forwarded(queryFlag),
  stdout: forwarded(queryFlag),
  stderr: forwarded(queryFlag),
}
export const attachQuery = record({
  ...attachParameters,
  // No engine reads it: dockerode says here what it then asks for by Upgrade.
  hijack: refused('the connection is taken over by Upgrade', ['true', '1', 'false', '0']),
})
export interface ContainerAttach extends OnContainer<'container.attach', typeof attachQuery> {
  /** Whether the client asks to take over the connection (`Upgrade: tcp`), which is how stdin gets in. */
  readonly upgrade: boolean
}

interface OnContainer<Kind extends string, Query> {
  readonly kind: Kind
  /** The container as the client names it. */
  readonly container: string
  readonly parameters: Read<Query>
}

/** A container's name as engines accept it (moby, daemon/names), or undefined where none is given. */
export function containerName(value: Json, path: string): string | undefined {
  const name = queryText(value, path).replace(/^\//, '')
  if (name === '') return undefined
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/.test(name))
    throw new FieldError(`${path} is not a container name`)
  return name
}

/** -1 would wait for ever, and hold up an engine that ends. */
function stopTime(value: Json, path: string, findings: Finding[]): number | undefined {
  const seconds = queryInteger(value, path)
  if (seconds !== undefined && (seconds < 0 || seconds > LONGEST_STOP))
    findings.push({ what: `${path} = ${seconds}`, why: `a stop waits 0 to ${LONGEST_STOP} s here` })
  return seconds
}

function signal(value: Json, path: string): string | undefined {
  const name = queryText(value, path)
  if (name === '') return undefined
  if (!/^(?:SIG)?[A-Z0-9+-]{1,12}$/i.test(name)) throw new FieldError(`${path} is not a signal`)
  return name
}

/** Columns with one word in every row, of busybox's ps too; a user's name stands before the id with -ef as well. */
const ONE_WORD = 'etime|gid|pcpu|pgid|pmem|ppid|rss|sid|time|tty|uid|user|vsz'
/**
 * An engine hands these words to the ps of the host, at times for all processes, and takes the word below PID for the id by which it
 * keeps a row (moby, daemon/top_unix.go): nothing may shift that word.
 */
const PS_COLUMNS = new RegExp(`^-e?o ?(?:(?:${ONE_WORD}),)*pid(?:,[a-z]+)*$`)

function psArguments(value: Json, path: string): string {
  const words = queryText(value, path)
  if (words === '' || ['-ef', '-e', '-f', 'aux', '-aux'].includes(words) || PS_COLUMNS.test(words))
    return words
  throw new FieldError(`${path} must be -ef, aux or -o pid,COLUMN`)
}

function oneOf(...allowed: readonly string[]): (value: Json, path: string) => string | undefined {
  return (value, path) => {
    const word = queryText(value, path)
    if (word === '') return undefined
    if (!allowed.includes(word)) throw new FieldError(`${path} must be one of ${allowed.join(', ')}`)
    return word
  }
}
