/** `dockgate status`: workers, engine, store, and what runs. */
import type { IncomingMessage } from 'node:http'
import type { Command } from 'commander'
import * as z from 'zod'
import { controlSocket, type Status, type WorkerStatus } from '../doors/control.ts'
import { formatCpus, formatSize } from '../shared/sizes.ts'
import { request } from '../shared/http.ts'
import { printable } from '../shared/refusal.ts'
import { stateDirectory, type StateEnvironment } from '../store/state-directory.ts'

interface Options {
  readonly state?: string
  readonly json?: true
}

/** Milliseconds, and characters, of the gate's answer. */
const LONGEST = 5_000
const LARGEST = 16 * 2 ** 20

const amounts = z.object({ containers: z.number(), memory: z.number(), nanoCpus: z.number() })
const oneContainer = z.object({ id: z.string(), name: z.string(), running: z.boolean() })
const statusSchema = z.object({
  engine: z.object({ url: z.string(), connected: z.boolean(), version: z.string() }),
  policy: z.string(),
  store: z.object({
    directory: z.string(),
    entries: z.number(),
    head: z.string(),
    failing: z.string().exactOptional(),
  }),
  workers: z.array(
    z.object({
      name: z.string(),
      socket: z.string(),
      containers: z.array(oneContainer),
      limits: amounts,
      usage: amounts,
    }),
  ),
  process: z.object({ id: z.number(), memory: z.number(), uptime: z.number() }),
})

/** Adds `status`. Exit codes: 1 the engine or the record is not well, 69 no gate runs on this state directory. */
export function addStatusCommand(program: Command, environment: StateEnvironment): void {
  program
    .command('status')
    .description('show the running gate: workers, engine, record, containers')
    .option('--state <directory>', "the gate's state directory (default: as for serve)")
    .option('--json', 'print JSON')
    .action(async (options: Options, command: Command) => {
      const directory = stateDirectory(options.state, environment, process.getuid?.() === 0)
      const status = await askGate(controlSocket(directory)).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause)
        return command.error(`dockgate: error: no gate answers on ${directory}: ${why}`, { exitCode: 69 })
      })
      process.stdout.write(options.json === true ? `${JSON.stringify(status)}\n` : describeStatus(status))
      if (!status.engine.connected || status.store.failing !== undefined) process.exitCode = 1
    })
}

async function askGate(socketPath: string): Promise<Status> {
  const signal = AbortSignal.timeout(LONGEST)
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath, path: '/status', signal }, resolve).on('error', reject).end()
    })
    const text = await readAnswer(answer)
    if (answer.statusCode !== 200) throw new Error(`it answers ${answer.statusCode}`)
    return readStatus(text)
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new Error(`it took more than ${LONGEST / 1000} s`, { cause })
  }
}

function readAnswer(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.length > LARGEST) answer.destroy(new Error(`its answer is larger than ${LARGEST} characters`))
    })
    answer.once('end', () => resolve(text))
    answer.once('error', reject)
  })
}

function readStatus(text: string): Status {
  try {
    return statusSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error('what it says is no status of a gate', { cause })
  }
}

/** The status for people. */
function describeStatus({ engine, policy, store, workers, process: own }: Status): string {
  const engineState = engine.connected
    ? `connected, version ${engine.version}`
    : 'not reached; workers get 503'
  const storeState = store.failing === undefined ? 'well' : `failing: ${store.failing}`
  return [
    `gate     process ${own.id}, up ${own.uptime} s, ${formatMegabytes(own.memory)}`,
    `engine   ${engine.url}, ${engineState}`,
    `policy   ${policy}`,
    `record   ${store.directory}, ${storeState}, ${store.entries} entries, head ${store.head.slice(0, 16)}`,
    ...workers.flatMap(describeWorker),
    '',
  ].join('\n')
}

function describeWorker({ name, socket, containers, limits, usage }: WorkerStatus): readonly string[] {
  return [
    `worker   ${name} at ${socket}`,
    `         ${usage.containers} of ${limits.containers} containers, memory ${formatSize(usage.memory)} of ` +
      `${formatSize(limits.memory)}, CPUs ${formatCpus(usage.nanoCpus)} of ${formatCpus(limits.nanoCpus)}`,
    ...containers.map(
      (container) =>
        `         ${container.id.slice(0, 12)} ${container.running ? 'running' : 'stopped'} ${printable(container.name)}`,
    ),
  ]
}

function formatMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
