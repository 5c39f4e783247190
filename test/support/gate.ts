/** A real gate: `bin/dockgate serve` before a real engine, in a directory of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { engineUrl } from './engine.ts'
import type { EngineName } from './engine.ts'
import { request } from './http.ts'
import { policyFor, workDirectory, workerSocket } from './policy.ts'
import { testedProgram } from './tested-program.ts'

export interface GateOptions {
  /** Makes the policy's text for the gate's directory; default `policyFor`. */
  readonly policy?: (directory: string) => string
  /** Further arguments of `serve`, for the gate's directory. */
  readonly arguments?: (directory: string) => readonly string[]
  /** Default `new`. */
  readonly engine?: EngineName
  /** Another address for the engine: a relay's. */
  readonly engineUrl?: string
  /** Directory of an earlier gate, to go on with what that one recorded; default a new one. */
  readonly directory?: string
  /** Another copy of `dockgate`. */
  readonly program?: string
  /** A program that starts it, with its arguments: `unshare --net`. */
  readonly before?: readonly string[]
}

interface Ended {
  /** Exit code; null after a signal. */
  readonly code: number | null
  readonly stderr: string
}

export interface Gate extends AsyncDisposable {
  /** The worker's socket. */
  readonly socket: string
  /** Holds the policy, the worker's socket, `work` (which the worker may mount) and `state`. */
  readonly directory: string
  readonly process: ChildProcess
  /** What it printed so far. */
  output(): { readonly stdout: string; readonly stderr: string }
  /** Asks it to end and waits until it has. */
  stop(): Promise<Ended>
  /** Ends it as a crash would. */
  kill9(): Promise<void>
}

/** Starts a gate and waits until its worker's socket answers. Throws what the gate printed if that does not happen. */
export async function startGate(options: GateOptions = {}): Promise<Gate> {
  const { policy = policyFor, engine = 'new', engineUrl: url = engineUrl(engine) } = options
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'dockgate-test-')))
  const file = join(directory, 'policy.yaml')
  await mkdir(workDirectory(directory), { recursive: true })
  await writeFile(file, policy(directory))

  const args = ['serve', '--policy', file, '--engine', url, '--state', join(directory, 'state')]
  args.push(...(options.arguments?.(directory) ?? []))
  const [first, ...others] = [...(options.before ?? []), options.program ?? testedProgram]
  const child = spawn(first, [...others, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const closed = Promise.withResolvers<number | null>()
  child.on('error', closed.reject)
  child.on('close', (code) => closed.resolve(code))

  let isAsked = false
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    isAsked ||= child.exitCode === null && child.signalCode === null
    child.kill(signal)
    return closed.promise
  }
  const gate: Gate = {
    socket: workerSocket(directory),
    directory,
    process: child,
    output: () => ({ ...output }),
    stop: async () => ({ code: await end('SIGTERM'), stderr: output.stderr }),
    kill9: async () => {
      await end('SIGKILL')
    },
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL')
      // A directory that was handed in belongs to the gate that made it.
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true })
      if (!isAsked)
        throw new Error(`the gate ended by itself (${child.exitCode ?? child.signalCode}):\n${output.stderr}`)
    },
  }
  try {
    await untilReady(gate)
  } catch (error) {
    // What is told then is why it was not ready.
    isAsked = true
    await gate[Symbol.asyncDispose]()
    throw error
  }
  return gate
}

async function untilReady(gate: Gate): Promise<void> {
  const deadline = Date.now() + LONGEST
  while (!(await answers(gate.socket))) {
    const { exitCode, signalCode } = gate.process
    const ended = exitCode ?? signalCode
    const printed = gate.output().stderr
    if (ended !== null) throw new Error(`the gate ended (${ended}) before it was ready:\n${printed}`)
    if (Date.now() > deadline) throw new Error(`the gate is not ready after ${LONGEST / 1000} s:\n${printed}`)
    await sleep(25)
  }
}

/** Milliseconds, on a machine under any load. */
const LONGEST = 50_000

const notYet = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET'])

async function answers(socket: string): Promise<boolean> {
  try {
    return (await request(socket, { path: '/_ping' })).status === 200
  } catch (error) {
    // No socket yet, or one that a dead gate left.
    if (error instanceof Error && 'code' in error && notYet.has(String(error.code))) return false
    throw error
  }
}
