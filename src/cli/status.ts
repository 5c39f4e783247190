/** `dockgate status`: workers, engine, store, and what runs. */
import type { Command } from 'commander'
import * as z from 'zod'
import type { Status } from '../doors/operator/status.ts'
import type { ContainerStatus, WorkerStatus } from '../doors/operator/workers.ts'
import { printable } from '../shared/refusal.ts'
import { formatCpus, formatSize } from '../shared/sizes.ts'
import { stateDirectory, type StateEnvironment } from '../record/state-directory.ts'
import { describeUnheld } from './unheld-line.ts'
import { describeFaults } from '../faults/lines.ts'
import { askGate } from './ask-gate.ts'
import { reachedFault } from './told-faults.ts'

interface Options {
  readonly state?: string
  readonly json?: true
}

const amounts = z.object({ containers: z.number(), memory: z.number(), nanoCpus: z.number() })
const oneContainer = z.object({
  id: z.string(),
  name: z.string(),
  word: z.string(),
  running: z.boolean(),
  misfit: z.string().exactOptional(),
})
const named = z.object({ id: z.string(), names: z.array(z.string()) })
const statusSchema = z.object({
  version: z.string(),
  engine: z.object({
    url: z.string(),
    connected: z.boolean(),
    version: z.string(),
    imagesKnown: z.boolean(),
    unheld: z.array(z.string()),
    builds: z.string().exactOptional(),
    faults: z.array(reachedFault),
  }),
  policy: z.string(),
  left: z.array(z.object({ worker: z.string(), things: z.number() })),
  store: z.object({
    directory: z.string(),
    entries: z.number(),
    head: z.string(),
    failing: z.string().exactOptional(),
  }),
  process: z.object({ id: z.number(), memory: z.number(), uptime: z.number() }),
})
const workersSchema = z.object({
  workers: z.array(
    z.object({
      name: z.string(),
      socket: z.string(),
      containers: z.array(oneContainer),
      images: z.array(named),
      volumes: z.array(z.string()),
      networks: z.array(named),
      limits: amounts,
      usage: amounts,
    }),
  ),
})

/** All of it, as it is shown. */
interface Shown extends Status {
  readonly workers: readonly WorkerStatus[]
}

/** Adds `status`. Exit codes: 1 the engine or the record is not well, 69 no gate runs on this state directory. */
export function addStatusCommand(program: Command, environment: StateEnvironment): void {
  program
    .command('status')
    .description('show the running gate: workers, engine, record, containers')
    .option('--state <directory>', "the gate's state directory (default: as for serve)")
    .option('--json', 'print JSON')
    .action(async (options: Options, command: Command) => {
      const directory = stateDirectory(options.state, environment, process.getuid?.() === 0)
      const status = await readStatus(directory).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause)
        return command.error(`dockgate: error: no gate answers on ${directory}: ${why}`, { exitCode: 69 })
      })
      process.stdout.write(options.json === true ? `${JSON.stringify(status)}\n` : describeStatus(status))
      if (!status.engine.connected || status.store.failing !== undefined) process.exitCode = 1
    })
}

async function readStatus(directory: string): Promise<Shown> {
  const called = 'a status'
  const status = await askGate(directory, 'GET', '/status', { called, schema: statusSchema })
  return { ...status, ...(await askGate(directory, 'GET', '/workers', { called, schema: workersSchema })) }
}

/** The status for people. */
function describeStatus({ engine, policy, left, store, workers, process: own }: Shown): string {
  const engineState = engine.connected
    ? `connected, version ${engine.version}${engine.imagesKnown ? '' : '; its images are not known yet, what needs them gets 503'}`
    : 'not reached; workers get 503'
  const storeState = store.failing === undefined ? 'ok' : `failing: ${store.failing}`
  return [
    `gate     process ${own.id}, up ${own.uptime} s, ${formatMegabytes(own.memory)}`,
    `engine   ${engine.url}, ${engineState}`,
    ...(engine.unheld.length === 0 ? [] : [`         ${describeUnheld(engine.unheld)}`]),
    ...(engine.builds === undefined ? [] : [`         ${engine.builds}`]),
    ...describeFaults(engine.faults).map((line) => `         ! ${line}`),
    `policy   ${policy}`,
    `record   ${store.directory}, ${storeState}, ${store.entries} entries, head ${store.head.slice(0, 16)}`,
    ...workers.flatMap(describeWorker),
    ...left.map(
      ({ worker, things }) =>
        `left     ${things} things of ${worker}, which no worker reaches; inherits: true gives them to one of its name`,
    ),
    '',
  ].join('\n')
}

function describeWorker({ name, socket, containers, limits, usage }: WorkerStatus): readonly string[] {
  return [
    `worker   ${name} at ${socket}`,
    `         ${usage.containers} of ${limits.containers} containers, memory ${formatSize(usage.memory)} of ` +
      `${formatSize(limits.memory)}, CPUs ${formatCpus(usage.nanoCpus)} of ${formatCpus(limits.nanoCpus)}`,
    ...containers.flatMap(describeContainer),
  ]
}

function describeContainer({ id, name, word, running, misfit }: ContainerStatus): readonly string[] {
  const called = name === word ? name : `${name} (its ${word})`
  return [
    `         ${id.slice(0, 12)} ${running ? 'running' : 'stopped'} ${printable(called)}`,
    ...(misfit === undefined ? [] : [`                      fits no more: ${printable(misfit)}`]),
  ]
}

function formatMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
