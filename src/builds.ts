/**
 * The way of what is asked of BuildKit. A build is a conversation: a connection is opened by one decision, and what is asked for in it
 * are calls of their own, each of which goes the way of all calls (`pipeline.ts`).
 */
import type { Duplex } from 'node:stream'
import type { Routed } from './decode/decode.ts'
import { decodeRouted } from './decode/decode.ts'
import type { Result } from './decode/buildkit/gateway.ts'
import type { Finding } from './decode/fields.ts'
import type { IncomingRequest } from './decode/incoming.ts'
import type { BuildOperation, Decoded, Malformed, Unsupported } from './decode/operation.ts'
import type { Permit } from './decide/verdict.ts'
import { EngineUnavailable } from './engine/engine.ts'
import type { Gate } from './gate.ts'
import { BuildConnection } from './perform/buildkit/connection.ts'
import { readDockerfile, sendGraph, type Planned } from './perform/buildkit/frontend.ts'
import { openSession } from './perform/buildkit/session.ts'
import { solve } from './perform/buildkit/solve.ts'
import { named, serve, type Served } from './pipeline.ts'
import { DockerCall, type Docker, type DockerRight } from './rights/docker-call.ts'
import type { Claims } from './settle/claims.ts'
import type { Until } from './shared/ending.ts'
import type { Caller } from './workers/caller.ts'

/** Who asks, and for how long. */
export interface Asking {
  readonly gate: Gate
  readonly caller: Caller
  readonly gone: Until
}

/** A connection by which a worker asks. */
export function connectBuilds(
  asking: Asking,
  routed: Routed,
  request: IncomingRequest,
): Promise<Served<BuildConnection>> {
  return ask(asking, decodeRouted(routed, request), 'build connection', async ({ call, right, permit }) => {
    return new BuildConnection(call, right, permit)
  })
}

/**
 * A connection by which an engine asks. Resolves once the engine has it.
 * @param connect gives the client's end @param failed is told of what fails in it
 */
export function connectSession(
  asking: Asking,
  asked: { readonly routed: Routed; readonly request: IncomingRequest } | { readonly decoded: Decoded },
  connect: () => Duplex,
  failed: (cause: unknown) => void,
): Promise<Served<void>> {
  const decoded = 'decoded' in asked ? asked.decoded : decodeRouted(asked.routed, asked.request)
  return ask(asking, decoded, 'build connection', ({ call, right, permit }) =>
    openSession(call, right, permit, connect, failed),
  )
}

/** A build, until it has ended. */
export function solveBuild(
  asking: Asking,
  operation: BuildOperation,
  findings: readonly Finding[],
  connection: BuildConnection,
): Promise<Served<Buffer>> {
  return ask(asking, inConversation(operation, findings), 'solve', ({ call, right, claims, permit }) =>
    solve(call, right, claims, permit, connection),
  )
}

/** What a Dockerfile is read to. */
export function readBuild(
  asking: Asking,
  operation: BuildOperation,
  findings: readonly Finding[],
  connection: BuildConnection,
): Promise<Served<Result>> {
  return ask(asking, inConversation(operation, findings), 'frontend', ({ right, permit }) =>
    readDockerfile(right, permit, connection),
  )
}

/** A graph that is to be carried out when its build is. */
export function planBuild(
  asking: Asking,
  operation: BuildOperation,
  findings: readonly Finding[],
  connection: BuildConnection,
): Promise<Served<Planned>> {
  return ask(asking, inConversation(operation, findings), 'graph', ({ call, right, claims, permit }) =>
    sendGraph(call, right, claims, permit, connection),
  )
}

/** Refuses what no policy gives, or what could not be read; it is on record. */
export function refuseInBuild(asking: Asking, operation: Unsupported | Malformed): Promise<Served<never>> {
  return ask(asking, inConversation(operation, []), 'engine', () => {
    throw new TypeError(`${operation.kind} was permitted`)
  })
}

export function inConversation(operation: Decoded['operation'], findings: readonly Finding[]): Decoded {
  const leftOut = findings.filter((finding) => finding.leftOut === true).map(({ what }) => what)
  return {
    operation,
    minor: undefined,
    findings: findings.filter((finding) => finding.leftOut !== true),
    leftOut,
  }
}

interface Undertaken<On extends Permit['on']> {
  readonly call: DockerCall
  readonly right: DockerRight
  readonly claims: Claims
  readonly permit: Extract<Permit, { readonly on: On }>
}

/** All stages of one call in a conversation. @throws {EngineUnavailable} and what is thrown by `serve` */
async function ask<On extends Permit['on'], T>(
  { gate, caller, gone }: Asking,
  decoded: Decoded,
  on: On,
  perform: (undertaken: Undertaken<On>) => Promise<T>,
): Promise<Served<T>> {
  const { connected } = gate.feed
  if (connected === undefined)
    throw new EngineUnavailable('the Docker engine behind dockgate does not answer; try again in a moment')
  const share = gate.scheduler.share(caller.identity.name)
  await share.turn()
  const inNames = named(gate, caller, decoded)
  const call = new DockerCall({ gate, caller, connected, decoded: inNames, content: undefined, gone, share })
  return serve<Docker, T>(call, (right, claims) => {
    const { permit } = right
    if (!isOn(permit, on)) throw new TypeError(`${permit.on} was permitted, and ${on} asked for`)
    return perform({ call, right, claims, permit })
  })
}

function isOn<On extends Permit['on']>(
  permit: Permit,
  on: On,
): permit is Extract<Permit, { readonly on: On }> {
  return permit.on === on
}
