/** `dockgate status`: workers, engine, store, and what runs. */
import type { Command } from 'commander'
import { controlSocket, type Status, type WorkerStatus } from '../doors/control.ts'
import { formatCpus, formatSize } from '../shared/sizes.ts'
import { request } from '../shared/http.ts'
import { printable } from '../shared/refusal.ts'
import { stateDirectory, type StateEnvironment } from '../store/state-directory.ts'

interface Options {
  readonly state?: string
  readonly json?: true
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
      const status = await askGate(controlSocket(directory)).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause)
        return command.error(`dockgate: error: no gate answers on ${directory}: ${why}`, { exitCode: 69 })
      })
      process.stdout.write(options.json === true ? `${JSON.stringify(status)}\n` : describeStatus(status))
      if (!status.engine.connected || status.store.failing !== undefined) process.exitCode = 1
    })
}

function askGate(socketPath: string): Promise<Status> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/status', timeout: 5_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('end', () => resolve(JSON.parse(text)))
      response.once('error', reject)
    })
    asked.once('timeout', () => asked.destroy(new Error('it took more than 5 s')))
    asked.once('error', reject)
    asked.end()
  })
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
