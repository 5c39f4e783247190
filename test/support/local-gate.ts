/** The gate in the test's own process, on a record of its own: for what no request from outside brings about. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { Recorder } from '../../src/audit/recorder.ts'
import { Engine } from '../../src/engine/engine.ts'
import { Gate } from '../../src/gate.ts'
import { BindRoots } from '../../src/host/bind-roots.ts'
import { Pins } from '../../src/host/pins.ts'
import type { Identity } from '../../src/workers/identity.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { LiveRecord } from '../../src/record/live.ts'
import type { Store } from '../../src/record/store.ts'
import { openStore } from '../../src/record/sqlite/open-store.ts'

interface LocalGate extends Disposable {
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

/**
 * Makes a gate with the worker `ai-worker`.
 * @param engine address of an engine, which is followed only where `gate.feed.run` is called; default none
 * @param host the diagnostics that its policy gives, as it writes them
 */
export async function openGate(
  engine = 'unix:///nonexistent/docker.sock',
  host: object = {},
): Promise<LocalGate> {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-local-'))
  const socket = join(directory, 'ai-worker', 'docker.sock')
  const policy = policyOf(socket, host)
  const store = openStore(directory)
  const recorder = new Recorder(
    store,
    () => '',
    () => undefined,
  )
  const ownEngine = new Engine(engine)
  const pins = await Pins.open({ id: directory, written: directory })
  const roots = await BindRoots.open(policy, () => undefined)
  const gate = new Gate(ownEngine, store, recorder, pins, policy, roots, {
    connected: () => undefined,
    lost: () => undefined,
    imagesKnown: () => undefined,
    unbound: () => undefined,
  })
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

function policyOf(socket: string, host: object): Policy {
  const run = {
    images: ['docker.io/library/*'],
    limits: { memory: '256m', cpus: 1, pids: 128, containers: 20 },
  }
  const worker = { socket, docker: { allow: ['ps', 'run', 'exec', 'load', 'events'], run }, host }
  const parsed = parsePolicy(stringify({ version: 1, workers: { 'ai-worker': worker } }), 'policy.yaml')
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.policy
}
