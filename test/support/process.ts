/** Programs that go on while a test does: `docker logs --follow`, a run that gets a signal, a gate that ends by itself. */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setting } from './settings.ts'
import { testedProgram } from './tested-program.ts'

export interface Ended {
  /** Exit code, or the name of the signal that ended it. */
  readonly code: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

export interface Running extends AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<Ended>
  /** Waits until a text is there in what it printed, on either output. */
  readonly printed: (text: string | RegExp) => Promise<void>
}

/** Starts a program with nothing in its environment but `env`. It is killed at the end of its scope. */
export function start(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(program, args, { env, cwd: '/', stdio: 'pipe' })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  // It may end before it has read its input.
  child.stdin.on('error', () => undefined)
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  child.on('error', reject)
  child.on('close', (code, signal) => resolve({ code: code ?? signal ?? -1, ...output }))
  return {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended: promise,
    printed: (text) =>
      until(
        () => {
          const all = output.stdout + output.stderr
          return typeof text === 'string' ? all.includes(text) : text.test(all)
        },
        `${program} ${args.join(' ')} to print ${String(text)}`,
      ),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await promise
    },
  }
}

/** Starts `docker` 26 against a socket. */
export function startDocker(target: { readonly socket: string }, args: readonly string[]): Running {
  return startClient(setting('DOCKER'), [], target.socket, args)
}

/** Starts `docker` 26 on a terminal of its own, which passes on what is written to it. */
export function startDockerOnTerminal(target: { readonly socket: string }, args: readonly string[]): Running {
  const command = [setting('DOCKER'), ...args].map((word) => `'${word}'`).join(' ')
  return startClient('/usr/bin/script', ['-qec', command, '/dev/null'], target.socket, [])
}

function startClient(
  program: string,
  before: readonly string[],
  socket: string,
  args: readonly string[],
): Running {
  const home = mkdtempSync(join(tmpdir(), 'dockgate-home-'))
  writeFileSync(join(home, 'config.json'), '{}')
  const running = start(program, [...before, ...args], {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    SHELL: '/bin/sh',
    HOME: home,
    DOCKER_CONFIG: home,
    DOCKER_CLI_HINTS: 'false',
    DOCKER_HOST: `unix://${socket}`,
  })
  const removed = running.ended.then((ended) => {
    rmSync(home, { recursive: true, force: true })
    return ended
  })
  return { ...running, ended: removed }
}

/** Starts `dockgate` with these arguments. */
export function startDockgate(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  return start(testedProgram, args, { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/nonexistent', ...env })
}

/** Runs `dockgate` with these arguments to its end. */
export async function dockgate(...args: readonly string[]): Promise<Ended> {
  const running = startDockgate(args)
  running.child.stdin.end()
  return running.ended
}

/** Waits until something holds, at most 45 s by default. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  milliseconds = 45_000,
): Promise<void> {
  const deadline = Date.now() + milliseconds
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${milliseconds / 1000} s for ${what}`)
    await sleep(25)
  }
}
