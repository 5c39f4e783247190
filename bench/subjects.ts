/** What is compared: the engine itself, the bare proxy and the gate, each a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { ask } from './connection.ts'
import { ping, STREAM } from './requests.ts'

export const NAMES = ['engine', 'proxy', 'gate'] as const
export type Name = (typeof NAMES)[number]

export interface Subject {
  readonly name: Name
  /** Path of the socket that it answers at. */
  readonly socket: string
  /** Bytes: resident now, and the most so far; 0 for an engine, which is not a part of what is measured. */
  memory(): { readonly now: number; readonly peak: number }
}

export interface Subjects extends AsyncDisposable {
  readonly all: readonly Subject[]
}

/** The stub with that many containers and images on it. */
export async function startStub(
  containers: number,
  images = 0,
): Promise<{ readonly socket: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'dockgate-bench-'))
  const socket = join(directory, 'engine.sock')
  const process = startScript('stub-engine.ts', socket, String(containers), String(images))
  await untilReady(process, socket)
  return { socket, [Symbol.asyncDispose]: () => end([process], directory) }
}

/** The three of them before an engine's socket. */
export async function startSubjects(engine: string): Promise<Subjects> {
  const directory = await mkdtemp(join(tmpdir(), 'dockgate-bench-'))
  const proxySocket = join(directory, 'proxy.sock')
  const gateSocket = join(directory, 'worker', 'docker.sock')
  await mkdir(join(directory, 'worker'))
  const proxy = startScript('proxy.ts', proxySocket, engine)
  const gate = await startGate(directory, engine, { bench: workerAt(gateSocket) })
  await Promise.all([untilReady(proxy, proxySocket), untilReady(gate, gateSocket)])
  return {
    all: [
      { name: 'engine', socket: engine, memory: () => ({ now: 0, peak: 0 }) },
      { name: 'proxy', socket: proxySocket, memory: () => memoryOf(proxy) },
      { name: 'gate', socket: gateSocket, memory: () => memoryOf(gate) },
    ],
    [Symbol.asyncDispose]: () => end([proxy, gate], directory),
  }
}

/** Two workers of one gate. */
export interface Neighbours extends AsyncDisposable {
  /** Their sockets. */
  readonly busy: string
  readonly neighbour: string
}

/** A gate with two workers before an engine's socket. */
export async function startNeighbours(engine: string): Promise<Neighbours> {
  const directory = await mkdtemp(join(tmpdir(), 'dockgate-bench-'))
  const [busy, neighbour] = [
    join(directory, 'busy', 'docker.sock'),
    join(directory, 'neighbour', 'docker.sock'),
  ]
  const gate = await startGate(directory, engine, { busy: workerAt(busy), neighbour: workerAt(neighbour) })
  await untilReady(gate, neighbour)
  return { busy, neighbour, [Symbol.asyncDispose]: () => end([gate], directory) }
}

function startScript(name: string, ...words: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(name, import.meta.url))
  return spawn(process.execPath, [file, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
}

async function startGate(directory: string, engine: string, workers: object): Promise<ChildProcess> {
  const policy = join(directory, 'policy.yaml')
  await writeFile(policy, stringify({ version: 1, workers }))
  const program = fileURLToPath(new URL('../bin/dockgate', import.meta.url))
  const words = [
    'serve',
    '--policy',
    policy,
    '--engine',
    `unix://${engine}`,
    '--state',
    join(directory, 'state'),
  ]
  return spawn(program, words, { stdio: ['ignore', 'ignore', 'ignore'] })
}

/** A worker to whom nothing is refused of what is measured: every call is decided and recorded, and goes on. */
function workerAt(socket: string): object {
  const limits = { memory: '64m', cpus: 0.1, containers: 10_000 }
  const docker = {
    allow: [
      ...['ps', 'inspect', 'logs', 'run', 'rm', 'info', 'version', 'exec', 'cp', 'export', 'events'],
      ...['build', 'images', 'save', 'load', 'import', 'tag', 'rmi', 'system df', 'network ls', 'volume ls'],
    ],
    exec: { own: '*' },
    reach: { [STREAM]: ['attach', 'logs'] },
    run: { images: ['docker.io/library/*'], limits },
    connections: 1024,
  }
  return { socket, docker }
}

async function untilReady(process: ChildProcess, socket: string): Promise<void> {
  const deadline = Date.now() + 15_000
  for (;;) {
    try {
      await ask(socket, ping, 200)
      return
    } catch (cause) {
      if (process.exitCode !== null || Date.now() > deadline) {
        throw new Error(`nothing answers at ${socket}`, { cause })
      }
    }
    await pause(25)
  }
}

function memoryOf({ pid }: ChildProcess): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024
  return { now: field('VmRSS'), peak: field('VmHWM') }
}

async function end(processes: readonly ChildProcess[], directory: string): Promise<void> {
  await Promise.all(
    processes.map(async (process) => {
      if (process.exitCode !== null || process.signalCode !== null) return
      const ended = new Promise((resolve) => process.once('exit', resolve))
      process.kill('SIGKILL')
      await ended
    }),
  )
  await rm(directory, { recursive: true, force: true })
}
