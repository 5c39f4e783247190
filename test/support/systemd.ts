/** The gate as systemd starts it: with sockets that are there already, and somebody who listens to what it tells. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { startFakeEngine } from './fake-engine.ts'
import { start, until } from './process.ts'

const standIn = fileURLToPath(new URL('systemd.py', import.meta.url))
const gate = fileURLToPath(new URL('../../bin/dockgate', import.meta.url))

export interface UnderSystemd extends AsyncDisposable {
  readonly policyFile: string
  /** The path of a worker's socket. */
  readonly socket: (worker: string) => string
  /** Writes the policy with these workers; each may have a section of its own. */
  readonly write: (workers: Readonly<Record<string, object>>) => void
  readonly start: () => void
  readonly signal: (name: 'TERM' | 'HUP' | 'KILL' | 'STOP' | 'CONT') => void
  /** What happened so far: lines of `systemd.py`. */
  readonly events: () => readonly string[]
  /** What the gate printed so far. */
  readonly printed: () => string
  /** Waits until an event came so often. */
  readonly happened: (event: string | RegExp, times?: number) => Promise<void>
}

/**
 * @param given workers whose sockets are given, by the names of their descriptors; PATH in a name stands for the path
 * @param watchdog microseconds
 * @param before a program that starts the gate in its own place, with its arguments
 */
export async function underSystemd(
  given: Readonly<Record<string, string>>,
  watchdog = 60_000_000,
  before: readonly string[] = [],
): Promise<UnderSystemd> {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-systemd-'))
  const engine = await startFakeEngine({})
  const policyFile = join(directory, 'policy.yaml')
  const socket = (worker: string): string => join(directory, `${worker}.sock`)
  const names = Object.entries(given).map(
    ([worker, name]) => `${name.replace('PATH', socket(worker))}=${socket(worker)}`,
  )
  const serve = ['serve', '--policy', policyFile, '--engine', engine.url, '--state', join(directory, 'state')]
  const running = start(
    '/usr/bin/python3',
    [standIn, join(directory, 'notify'), String(watchdog), names.join(','), ...before, gate, ...serve],
    { PATH: '/usr/bin:/bin' },
  )
  await running.printed('listening\n')
  const events = (): readonly string[] =>
    running
      .stdout()
      .split('\n')
      .filter((line) => /^(?:started|told|ended) /.test(line))
  const count = (event: string | RegExp): number =>
    events().filter((line) => (typeof event === 'string' ? line === event : event.test(line))).length
  return {
    policyFile,
    socket,
    write: (workers) => {
      const sections = Object.entries(workers).map(([name, section]) => [
        name,
        { socket: { path: socket(name), mode: '0600' }, docker: { allow: ['ps'] }, ...section },
      ])
      writeFileSync(policyFile, stringify({ version: 1, workers: Object.fromEntries(sections) }))
    },
    start: () => running.child.stdin.write('start\n'),
    signal: (name) => running.child.stdin.write(`kill ${name}\n`),
    events,
    printed: () => running.stdout() + running.stderr(),
    happened: (event, times = 1) =>
      until(() => count(event) >= times, `${String(event)} of\n${running.stdout()}${running.stderr()}`),
    [Symbol.asyncDispose]: async () => {
      running.child.stdin.end()
      await running.ended
      engine[Symbol.dispose]()
      rmSync(directory, { recursive: true })
    },
  }
}
