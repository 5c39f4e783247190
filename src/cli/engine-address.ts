/** Which engine a gate stands before: the one that is named, or that is found. */
import { askEngine, closedTo, findEngine } from '../engine/find-engine.ts'
import type { Policy } from '../policy/policy.ts'
import { note } from './serve-lines.ts'

export interface EngineEnvironment {
  readonly DOCKER_HOST?: string | undefined
}

/** A reason not to start, for people, with the exit code that goes with it. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/** @throws {StartError} where the address is that of a worker's socket */
export function requireEngine(url: string, { workers }: Policy): void {
  const own = workers.find(({ socket }) => url === `unix://${socket.path}`)
  if (own === undefined) return
  throw new StartError(
    `${url} is the socket of worker ${own.name}, not an engine; name one with --engine`,
    64,
  )
}

/** @param chosen as it was written; undefined where one is to be found. @throws {StartError} where there is none */
export async function engineAddress(
  chosen: string | undefined,
  environment: EngineEnvironment,
): Promise<string> {
  if (chosen === undefined) {
    const found = await findEngine(environment)
    if (found !== undefined) return found.url
    const closed = await closedTo(environment.DOCKER_HOST ?? '')
    if (closed !== undefined) throw notPermitted(closed)
    const looked = environment.DOCKER_HOST ?? '/var/run/docker.sock or /run/podman/podman.sock'
    throw new StartError(
      `no Docker engine answers at ${looked}\ndockgate: hint: start one, name one with --engine, or in a checkout: npm run engine`,
      69,
    )
  }
  if (!chosen.startsWith('unix:///'))
    throw new StartError(`${chosen} is not an engine address; write unix:///var/run/docker.sock`, 64)
  const closed = await closedTo(chosen)
  if (closed !== undefined) throw notPermitted(closed)
  // An engine that is away now may come back: the gate waits for it. One that never was there is a mistake to tell.
  if ((await askEngine(chosen)) === undefined)
    note(`the engine at ${chosen} does not answer yet; workers get 503 until it does`)
  return chosen
}

function notPermitted(path: string): StartError {
  const who = `dockgate runs as an account that may not open it; run it as root, or in the group that may`
  return new StartError(`no permission for the engine's socket ${path}\ndockgate: hint: ${who}`, 69)
}
