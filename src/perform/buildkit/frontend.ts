/** A Dockerfile is read by the engine's own frontend, and what comes of it is carried out as it was decided on. */
import { solveResponse, type Result } from '../../decode/buildkit/gateway.ts'
import { digestOf, writeGraph } from '../../decode/buildkit/graph.ts'
import type { Definition } from '../../decode/buildkit/llb.ts'
import type { FrontendPermit, GraphPermit } from '../../decide/verdict.ts'
import { checkGraph } from '../../decide/buildkit/graph.ts'
import { encodeCall } from '../../encode/buildkit.ts'
import { answerOf } from '../../grpc/client.ts'
import { CODE, GrpcError } from '../../grpc/status.ts'
import type { DockerCall, DockerRight } from '../../rights/docker-call.ts'
import type { Claims } from '../../settle/claims.ts'
import { Outcome } from '../../settle/outcome.ts'
import type { BuildConnection } from './connection.ts'
import { runningBuild } from './running.ts'

/** @returns graphs that nothing of is carried out, and what came with them. @throws {GrpcError | EngineUnavailable | RightEnded} */
export async function readDockerfile(
  right: DockerRight,
  permit: FrontendPermit,
  connection: BuildConnection,
): Promise<Result> {
  const under = await connection.send(right, encodeCall(permit))
  right.untilGone().whenOver(() => under.cancel())
  try {
    const answered = await answerOf(under)
    const { result } = solveResponse.decode(answered, { findings: [], unknown: 'left out' })
    if (result === undefined) throw new GrpcError(CODE.internal, 'the engine answered without a result')
    return result
  } catch (cause) {
    throw right.over ?? cause
  } finally {
    right.release()
  }
}

/** A graph that is there for its build to be carried out. */
export interface Planned {
  /** As the engine knows it. */
  readonly id: string
  /** As it was sent. */
  readonly definition: Definition
}

const NO_PATHS = new Map<string, never>()
const NOT_KNOWN = { rule: 'engine', what: 'images', why: 'it is not known which there are', instead: [] }

/** Sends a graph as it was decided on. @throws {GrpcError | EngineUnavailable | RightEnded} */
export async function sendGraph(
  call: DockerCall,
  right: DockerRight,
  claims: Claims,
  permit: GraphPermit,
  connection: BuildConnection,
): Promise<Planned> {
  const { gate } = call
  const outcome = new Outcome(gate, right, permit, claims)
  const { ref, graph } = permit.operation
  // It is carried out later, by the right of its build.
  runningBuild(right.identity, ref).holds((worker) => {
    const looked = { images: gate.sight.known, paths: NO_PATHS }
    if (looked.images === undefined) return [NOT_KNOWN]
    const asked = call.resolve(worker, looked)
    return asked.kind === 'build.graph' ? checkGraph(worker.docker.run, graph, asked.facts) : []
  })
  try {
    const answered = await answerOf(await connection.send(right, encodeCall(permit)))
    const { result } = solveResponse.decode(answered, { findings: [], unknown: 'left out' })
    if (result?.ref === undefined) throw new GrpcError(CODE.internal, 'the engine answered without a result')
    outcome.ended(200, '')
    const written = writeGraph(permit.graph)
    const { steps } = gate.builds.namesOf(right.worker.name)
    for (const step of written.def) steps.add(digestOf(step))
    return { id: result.ref.id, definition: written }
  } catch (cause) {
    if (!(cause instanceof GrpcError)) outcome.broken(cause)
    else if (right.over === undefined) outcome.ended(500, `the engine refused the graph (${cause.code})`)
    throw right.over ?? cause
  } finally {
    right.release()
  }
}
