/**
 * What `serve` prints: answers and the live lines on stdout, what happens to the gate on stderr with its name in front.
 * Text that came from a worker is escaped.
 */
import { styleText } from 'node:util'
import type { DecisionEntry } from '../record/entry.ts'
import type { Other } from '../doors/doors.ts'
import type { Policy } from '../policy/policy.ts'
import type { Misfit } from '../rights/misfits.ts'
import { printable, shorten } from '../shared/refusal.ts'
import type { SystemdEnvironment } from '../systemd/environment.ts'
import { isJournal, withLevel, type Level } from '../systemd/journal.ts'

/** Outputs that nobody reads any more, as stdout in `serve | head -1`. */
const unread = new Set<NodeJS.WriteStream>()

/** Outputs that lead to the journal. */
const journalled = new Set<NodeJS.WriteStream>()

/**
 * Lets the gate go on where what it prints can't be written: that output is left alone from then on. What goes to the journal begins with
 * its priority.
 */
export function prepareToPrint(environment: SystemdEnvironment): void {
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', () => unread.add(output))
    if (isJournal(output.fd, environment)) journalled.add(output)
  }
  if (!journalled.has(process.stderr)) return
  // Node's own listener prints them without.
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => {
    if (name !== 'ExperimentalWarning') note(name === 'dockgate' ? message : `${name}: ${message}`)
  })
}

/** What goes to an output, with its level where that is the journal. */
export function levelled(output: NodeJS.WriteStream, text: string, level: Level): string {
  return journalled.has(output) ? withLevel(text, level) : text
}

/** What goes to stdout. */
export function print(text: string): void {
  write(process.stdout, text)
}

/** Something that happened to the gate itself. @param level by default for what an operator should look at */
export function note(message: string, level: Level = 'warning'): void {
  write(process.stderr, levelled(process.stderr, `dockgate: ${message}\n`, level))
}

function write(output: NodeJS.WriteStream, text: string): void {
  if (!unread.has(output)) output.write(text)
}

/** The lines at the start: for each worker its socket, the line to paste, and what it may do. */
export function describeStart({ workers }: Policy): string {
  return workers
    .map(({ name, socket, docker }) => {
      const reach = Object.entries(docker.reach).map(
        ([container, words]) => `  on ${container}: ${words.join(', ')}\n`,
      )
      return (
        `worker ${name} is served. For its shell:\n\n  export DOCKER_HOST=unix://${socket.path}\n\n` +
        `  may: ${docker.allow.join(', ')}\n${reach.join('')}` +
        `  images: ${docker.run.images.join(', ') || 'none'}\n\n`
      )
    })
    .join('')
}

/** How many workers are served, of those of a policy. */
export function describeServed(served: Policy, { workers }: Policy): string {
  return `${served.workers.length} of ${workers.length} workers are served`
}

/** Says that a worker is another than the one that had its name. */
export function describeOther({ name, why, left }: Other): string {
  const things =
    left === 0
      ? ''
      : `; ${left} things of the one before are out of its reach, inherits: true in its section gives them to it`
  return `worker ${name} is another than before: ${why}${things}`
}

/** Containers that are named in a line. */
const MOST_NAMED = 10

/** Lines about what does not fit the policy any more, one for each worker that has such. */
export function describeMisfits(misfits: readonly Misfit[]): readonly string[] {
  return [...new Set(misfits.map(({ worker }) => worker))].map((worker) => {
    const own = misfits.filter((misfit) => misfit.worker === worker)
    const named = (word: string, some: readonly Misfit[]): readonly string[] => {
      if (some.length === 0) return []
      const names = some.slice(0, MOST_NAMED).map(({ name }) => printable(name))
      return [`${some.length} ${word} (${names.join(', ')}${some.length > MOST_NAMED ? ', ...' : ''})`]
    }
    const which = [
      ...named(
        'running',
        own.filter(({ running }) => running),
      ),
      ...named(
        'stopped',
        own.filter(({ running }) => !running),
      ),
    ]
    return `of ${worker}, ${which.join(' and ')} no longer fit it: dockgate status says why, dockgate enforce stops what runs`
  })
}

/** Milliseconds that lines are gathered, so that a busy gate does not write for each call. */
const GATHER = 50
const ALLOW = styleText('green', 'allow ', { stream: process.stdout })
const REFUSE = styleText('red', 'refuse', { stream: process.stdout })

let gathered = ''

/** One decision as a line, in a moment. Pings are left out: every CLI command begins with one. */
export function showDecision(entry: DecisionEntry): void {
  if (entry.operation === 'system.ping') return
  if (gathered === '') setTimeout(showGathered, GATHER)
  const allowed = entry.decision === 'allow'
  const time = new Date(entry.time).toTimeString().slice(0, 8)
  const target = printable(/^[0-9a-f]{64}$/.test(entry.target) ? entry.target.slice(0, 12) : entry.target)
  const why = allowed ? '' : `  ${entry.rule}: ${shorten(printable(entry.reason), 160)}`
  const line = `${time} ${entry.worker}  ${allowed ? ALLOW : REFUSE} ${entry.operation} ${shorten(target, 80)}${why}\n`
  gathered += levelled(process.stdout, line, allowed ? 'information' : 'notice')
}

function showGathered(): void {
  print(gathered)
  gathered = ''
}
