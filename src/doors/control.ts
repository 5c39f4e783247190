/** The operator's own socket, in the state directory: what the running gate says of itself. */
import { join } from 'node:path'
import type { Gate } from '../gate.ts'
import { createServer } from '../shared/http.ts'
import { textOf } from '../shared/json-value.ts'
import { containersInReach } from '../resolve/containers.ts'
import type { Store } from '../store/store.ts'
import { OWN } from '../host/files/directory.ts'
import type { Listening } from '../host/files/sockets.ts'
import { listenOn, openSocketDirectory } from './listen.ts'

/** Path of the control socket in a state directory. */
export function controlSocket(directory: string): string {
  return join(directory, 'control.sock')
}

/** What `dockgate status` shows. Memory in bytes, CPUs in nano-CPUs. */
export interface Status {
  readonly engine: { readonly url: string; readonly connected: boolean; readonly version: string }
  readonly policy: string
  readonly store: {
    readonly directory: string
    readonly entries: number
    readonly head: string
    readonly failing?: string
  }
  readonly workers: readonly WorkerStatus[]
  /** Bytes of memory in use, and seconds since the start. */
  readonly process: { readonly id: number; readonly memory: number; readonly uptime: number }
}

export interface WorkerStatus {
  readonly name: string
  readonly socket: string
  readonly containers: readonly { readonly id: string; readonly name: string; readonly running: boolean }[]
  readonly limits: { readonly containers: number; readonly memory: number; readonly nanoCpus: number }
  readonly usage: { readonly containers: number; readonly memory: number; readonly nanoCpus: number }
}

interface Setting {
  readonly directory: string
  readonly engine: string
  readonly policy: string
  readonly store: Store
}

/** A server that answers GET /status to whoever may open its socket: the gate's own account. */
export function createControlDoor(
  gate: Gate,
  setting: Setting,
): { listen(): Promise<void>; close(): Promise<void> } {
  const server = createServer((request, response) => {
    const found = request.method === 'GET' && request.url === '/status'
    response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(found ? statusOf(gate, setting) : { message: 'there is /status' }))
  })
  const socket = { path: controlSocket(setting.directory), mode: 0o600, directoryMode: 0o700 }
  let listening: Listening | undefined
  return {
    listen: async () => {
      const directory = await openSocketDirectory(socket, OWN)
      try {
        listening = await listenOn(directory, server, socket, OWN)
      } finally {
        await directory.close()
      }
    },
    close: async () => {
      await listening?.remove()
      server.close()
      server.closeAllConnections()
    },
  }
}

function statusOf(gate: Gate, { directory, engine, policy, store }: Setting): Status {
  const connected = gate.feed.connected
  const { entries, head, failing } = store.state()
  return {
    engine: {
      url: engine,
      connected: connected !== undefined,
      version: textOf(connected?.version['Version']),
    },
    policy,
    store: { directory, entries, head, ...(failing === undefined ? {} : { failing }) },
    workers: gate.workers().map((worker) => ({
      name: worker.name,
      socket: worker.socket.path,
      containers: containersInReach(gate, worker)
        .filter(({ owner }) => owner === 'self')
        .map(({ id, name, running }) => ({ id, name, running })),
      limits: {
        containers: worker.docker.run.limits.containers,
        memory: worker.docker.run.limits.totalMemory,
        nanoCpus: worker.docker.run.limits.totalNanoCpus,
      },
      usage: gate.ownership.usage(worker.name),
    })),
    process: { id: process.pid, memory: process.memoryUsage.rss(), uptime: Math.round(process.uptime()) },
  }
}
