/** A gate whose worker may use every command that the gate knows, for tests of what the commands do. */
import { afterAll, beforeAll } from 'vitest'
import type { EngineName } from './engine.ts'
import { startGate } from './gate.ts'
import type { Gate } from './gate.ts'
import { policyFor } from './policy.ts'
import type { DockerPart } from './policy.ts'

const read =
  'ps, inspect, logs, images, history, info, version, stats, top, events, wait, system df, network ls, volume ls'
const change =
  'create, run, start, stop, restart, kill, pause, unpause, rename, update, rm, attach, pull, rmi'

/** Words for `allow`. */
export const everything = `${read}, ${change}`.split(', ')

/** A policy that allows everything; `docker` replaces keys of its `docker` part. */
export function generousPolicy(docker: DockerPart = {}): (directory: string) => string {
  return (directory) => policyFor(directory, { allow: everything, ...docker })
}

/** One gate for all tests of a `describe`, which is ended after them. It is there once they run. */
export function gateForAll(
  engine: EngineName,
  docker?: DockerPart,
  policy = generousPolicy(docker),
): { readonly gate: Gate } {
  let started: Gate | undefined
  beforeAll(async () => {
    started = await startGate({ engine, policy })
  })
  afterAll(() => started?.[Symbol.asyncDispose]())
  return {
    get gate() {
      if (started === undefined) throw new Error('the gate is there in tests only')
      return started
    },
  }
}

let count = 0

/** A name that no other test uses. */
export function freshName(prefix: string): string {
  count += 1
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${count}`
}
