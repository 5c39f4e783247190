/** The operator's own socket, in the state directory: what the running gate says of itself, and does for its operator. */
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EngineUnavailable, type Engine } from '../forward/engine.ts'
import type { Gate } from '../gate.ts'
import { loadPolicy, PolicyError } from '../policy/load.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { enforce } from '../rights/enforce.ts'
import { findMisfits, type Misfit } from '../rights/misfits.ts'
import { createServer } from '../shared/http.ts'
import { textOf } from '../shared/json-value.ts'
import { containersInReach } from '../resolve/containers.ts'
import { StoreUnavailable } from '../record/errors.ts'
import type { Store } from '../record/store.ts'
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
  /** What there is of workers that the policy does not have, or not any more, by the names that they had. */
  readonly left: readonly { readonly worker: string; readonly things: number }[]
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
  readonly containers: readonly ContainerStatus[]
  readonly limits: { readonly containers: number; readonly memory: number; readonly nanoCpus: number }
  readonly usage: { readonly containers: number; readonly memory: number; readonly nanoCpus: number }
}

export interface ContainerStatus {
  readonly id: string
  readonly name: string
  readonly running: boolean
  /** Why it does not fit the policy any more. */
  readonly misfit?: string
}

interface Setting {
  readonly directory: string
  readonly url: string
  readonly engine: Engine
  readonly policy: string
  readonly store: Store
}

/**
 * A server for whoever may open its socket, which is the gate's own account: GET /status; GET /misfits, of the policy in force or of
 * ?policy=FILE; POST /enforce, which stops them.
 */
export function createControlDoor(
  gate: Gate,
  setting: Setting,
): { listen(): Promise<void>; close(): Promise<void> } {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://gate')
    const answer = (): Promise<unknown> | undefined => {
      switch (`${request.method} ${pathname}`) {
        case 'GET /status':
          return statusOf(gate, setting)
        case 'GET /misfits':
          return misfitsOf(gate, searchParams.get('policy'))
        case 'POST /enforce':
          return enforce(gate, setting.engine)
      }
      return undefined
    }
    const told = answer() ?? Promise.reject(new ControlError(404, 'there are /status, /misfits and /enforce'))
    told.then(
      (value) => send(response, 200, value),
      (cause: unknown) => {
        const status = statusOfFailure(cause)
        if (status === 500) process.emitWarning(cause instanceof Error ? cause : String(cause))
        send(response, status, { message: cause instanceof Error ? cause.message : 'dockgate failed at it' })
      },
    )
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

class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

function statusOfFailure(cause: unknown): number {
  if (cause instanceof ControlError) return cause.status
  if (cause instanceof PolicyError) return 422
  return cause instanceof EngineUnavailable || cause instanceof StoreUnavailable ? 503 : 500
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
}

async function misfitsOf(gate: Gate, file: string | null): Promise<readonly Misfit[]> {
  return findMisfits(gate, file === null ? undefined : await loadPolicy(file))
}

async function statusOf(gate: Gate, { directory, url, policy, store }: Setting): Promise<Status> {
  const connected = gate.feed.connected
  const { entries, head, failing } = store.state()
  const misfits = connected === undefined ? [] : await Promise.race([knownMisfits(gate), pause(LONGEST, [])])
  return {
    engine: { url, connected: connected !== undefined, version: textOf(connected?.version['Version']) },
    policy,
    left: leftOf(gate),
    store: { directory, entries, head, ...(failing === undefined ? {} : { failing }) },
    workers: gate.policy.workers.map((section) => workerStatus(gate, section, misfits)),
    process: { id: process.pid, memory: process.memoryUsage.rss(), uptime: Math.round(process.uptime()) },
  }
}

/** Milliseconds that a status waits for what fits no more: a worker's folders and the engine may take their time. */
const LONGEST = 2_000

/** Nothing where the engine is away. */
async function knownMisfits(gate: Gate): Promise<readonly Misfit[]> {
  return findMisfits(gate).catch((cause: unknown) => {
    if (cause instanceof EngineUnavailable) return []
    throw cause
  })
}

function leftOf(gate: Gate): Status['left'] {
  const served = gate.identities.map(({ name }) => name)
  return [...gate.ownership.owners()]
    .filter((owner) => !served.includes(owner))
    .map((worker) => ({ worker, things: gate.ownership.count(worker) }))
}

function workerStatus(gate: Gate, section: WorkerPolicy, misfits: readonly Misfit[]): WorkerStatus {
  const identity = gate.identities.find((served) => served.section === section.name)
  const name = identity?.name ?? section.name
  const { limits } = section.docker.run
  return {
    name,
    socket: section.socket.path,
    containers: containersInReach(gate, { ...section, name })
      .filter(({ owner }) => owner === 'self')
      .map(({ id, name: called, running }) => {
        const misfit = misfits.find((one) => one.id === id)
        const why = misfit && { misfit: `${misfit.rule}: ${misfit.what}: ${misfit.why}` }
        return { id, name: called, running, ...why }
      }),
    limits: {
      containers: limits.containers,
      memory: limits.totalMemory,
      nanoCpus: limits.totalNanoCpus,
    },
    usage: gate.ownership.usage(name),
  }
}
