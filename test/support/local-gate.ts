/** The gate in the test's own process, on a record of its own: for what no request from outside brings about. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { Recorder } from '../../src/audit/recorder.ts'
import { Engine } from '../../src/engine/engine.ts'
import { Gate } from '../../src/gate.ts'
import { BindRoots } from '../../src/host/bind-roots.ts'
import { ContainerSockets } from '../../src/host/container-sockets.ts'
import { Pins } from '../../src/host/pins.ts'
import type { Identity } from '../../src/workers/identity.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { LiveRecord } from '../../src/record/live.ts'
import type { Store } from '../../src/record/store.ts'
import { openStore } from '../../src/record/sqlite/open-store.ts'

export interface LocalGate extends Disposable {
  readonly gate: Gate
  /** The worker, as it is served. */
  readonly identity: Identity
  readonly policy: Policy
  readonly store: Store
  readonly record: LiveRecord
  readonly directory: string
  /** Path of the worker's socket. Nothing listens on it yet. */
  readonly socket: string
}

/** As a policy writes it. */
interface More {
  readonly docker?: object
  readonly host?: object
}

/**
 * Makes a gate with the worker `ai-worker`.
 * @param engine an engine or its address, which is followed only where `gate.feed.run` is called; default none
 * @param more what the worker may, beside what it may in every test: of the engine, and of the host
 */
export async function openGate(
  engine: string | Engine = 'unix:///nonexistent/docker.sock',
  more: More = {},
): Promise<LocalGate> {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-local-'))
  const socket = join(directory, 'ai-worker', 'docker.sock')
  const policy = policyOf(socket, more)
  const store = openStore(directory)
  const recorder = new Recorder(
    store,
    () => '',
    () => undefined,
  )
  const ownEngine = typeof engine === 'string' ? new Engine(engine) : engine
  const pins = await Pins.open({ id: directory, written: directory })
  const roots = await BindRoots.open(policy, () => undefined)
  const gate = new Gate(
    ownEngine,
    store,
    recorder,
    { pins, sockets: new ContainerSockets(directory), buildSecret: Buffer.alloc(32) },
    policy,
    roots,
    {
      connected: () => undefined,
      lost: () => undefined,
      imagesKnown: () => undefined,
      unbound: () => undefined,
    },
  )
  const { identity } = await gate.admit(policy.workers[0] ?? never(), '-1:-1')
  const record = new LiveRecord(directory, store)
  return {
    gate,
    identity,
    policy,
    store,
    record,
    directory,
    socket,
    [Symbol.dispose]: () => {
      gate.feed.close()
      ownEngine.close()
      record.close()
      store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function never(): never {
  throw new Error('the policy has a worker')
}

function policyOf(socket: string, { docker = {}, host = {} }: More): Policy {
  const run = {
    names: 'shared',
    images: ['docker.io/library/*'],
    limits: { memory: '256m', cpus: 1, pids: 128, containers: 20 },
  }
  const worker = { socket, docker: { allow: ['ps', 'run', 'exec', 'load', 'events'], run, ...docker }, host }
  const parsed = parsePolicy(stringify({ version: 1, workers: { 'ai-worker': worker } }), 'policy.yaml')
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.policy
}
