/**
 * The one place where programs of the host are started (lint keeps it so). Each has a session of its own, so no terminal; an environment
 * that its caller made; and no descriptor of this process but those that its caller names: of a program that runs as a worker's
 * account the worker can take any descriptor (pidfd_getfd(2)).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { openSync, readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'

/** Numbers of a user and a group. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Nothing (/dev/null), a pipe to this process, or a descriptor of this process: a file that was opened for the program. Its own standard
 * streams only `dockgate ssh` hands on, as they are its caller's.
 */
export type Stream = 'none' | 'pipe' | number

export interface Program {
  readonly file: string
  readonly words: readonly string[]
  /** All of its environment; none by default. A file without a slash is looked for in its PATH. */
  readonly env?: Readonly<Record<string, string>>
  /** Where it begins; `/` by default. */
  readonly directory?: string
  /** Another account than this process's, without further groups. */
  readonly account?: Account | undefined
  /** Its descriptors from 0 on; by default no input, and both outputs by pipes. */
  readonly streams?: readonly Stream[]
}

/** Where the system's own programs are. */
export const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin'

/** Starts a program, as the leader of a session and a process group. What can't be started tells by `error`, as in Node. */
export function startProgram({
  file,
  words,
  env = {},
  directory = '/',
  account,
  streams = ['none', 'pipe', 'pipe'],
}: Program): ChildProcess {
  const stdio = streams.map((stream) => (stream === 'none' ? 'ignore' : stream))
  for (const number of strays()) {
    // What is not named here would stay as it is, from 3 on also where it is to be ignored.
    while (stdio.length < number) stdio.push('ignore')
    stdio[number] = nothing()
  }
  return spawn(file, words, { ...account, env, cwd: directory, detached: true, stdio })
}

/** A program whose outputs are pipes. */
export interface Piped extends ChildProcess {
  readonly stdout: Readable
  readonly stderr: Readable
}

/** Starts a program as startProgram does, with its outputs by pipes. */
export function startPiped(program: Program): Piped {
  const child = startProgram(program)
  if (!isPiped(child)) throw new TypeError('the outputs of this program are no pipes')
  return child
}

function isPiped(child: ChildProcess): child is Piped {
  return child.stdout !== null && child.stderr !== null
}

/** The exit code as a shell has it: 128 and the signal's number of what a signal ended. */
export function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

/** Waits until a program and whoever holds its pipes have ended. Returns the exit code. @throws {Error} where it could not be started */
export function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(exitCode(code, signal)))
  })
}

/** Ends a program with all that is left of its process group. */
export function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (cause) {
    // It may have ended by itself; and who is not root can't end what took another account.
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code !== 'ESRCH' && code !== 'EPERM') throw cause
  }
}

/** Set in the flags of a descriptor that no program inherits (proc_pid_fdinfo(5)). */
const CLOSE_ON_EXEC = 0o2000000

let found: readonly number[] | undefined

/**
 * Descriptors that whoever started this process left open in it. Node keeps what it opens to itself, and of what it found the first
 * sixteen (uv_disable_stdio_inheritance); others every program would inherit.
 */
function strays(): readonly number[] {
  return (found ??= readdirSync('/proc/self/fd')
    .map(Number)
    .filter((number) => number > 15 && isInherited(number)))
}

function isInherited(number: number): boolean {
  try {
    const [, flags = ''] =
      /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'utf8')) ?? []
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch (cause) {
    // The one by which they were listed is closed by now.
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false
    throw cause
  }
}

let opened: number | undefined

function nothing(): number {
  return (opened ??= openSync('/dev/null', 'r+'))
}
