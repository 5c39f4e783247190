/** What is asked for in a build that goes on (frontend/gateway): its Dockerfile is read, and what comes of that is given back. */
import { planBuild, readBuild, type Asking } from '../../builds.ts'
import type { Finding } from '../../decode/fields.ts'
import {
  evaluateRequest,
  pongResponse,
  readDirRequest,
  readDirResponse,
  readFileRequest,
  readFileResponse,
  result as resultMessage,
  returnRequest,
  solveRequest,
  solveResponse,
  statFileRequest,
  statFileResponse,
  type Result,
} from '../../decode/buildkit/gateway.ts'
import { isId } from '../../decode/buildkit/ids.ts'
import { nothing } from '../../decode/buildkit/control.ts'
import { definition } from '../../decode/buildkit/llb.ts'
import { graphFrom } from '../../decode/buildkit/graph.ts'
import { readBuildFrontend, readBuildGraph } from '../../decode/operations/buildkit.ts'
import type { Message } from '../../decode/protobuf/message.ts'
import { WireError } from '../../decode/protobuf/wire.ts'
import type { EncodedCall } from '../../engine/encoded.ts'
import {
  BUILD_ID,
  evaluateResult,
  pingBuild,
  readDirectoryOf,
  readFileOf,
  returnResult,
  statFileOf,
} from '../../engine/questions/builds.ts'
import type { IncomingCall } from '../../grpc/server.ts'
import { GrpcError } from '../../grpc/status.ts'
import { runningBuild, type RunningBuild } from '../../perform/buildkit/running.ts'
import { outcomeOf } from './answers.ts'
import { answerTo, plainRequest, requestOf, type Conversation, type Method } from './conversation.ts'
import { toldWorker } from './control.ts'

/** What the client calls the build that a call is about, and the build. */
interface InBuild {
  readonly said: string
  /** As the engine knows it. */
  readonly ref: string
  readonly build: RunningBuild
}

/** @throws {WireError} */
function buildOf({ gate, caller: { identity } }: Asking, { metadata, path }: IncomingCall): InBuild {
  const [said, second] = metadata.filter(([name]) => name === BUILD_ID).map(([, value]) => value)
  if (said === undefined || second !== undefined || !isId(said))
    throw new WireError(`${path} does not say of which build it is`)
  const ref = gate.builds.namesOf(identity.name).refs.of(said)
  return { said, ref, build: runningBuild(identity, ref) }
}

const ping: Method = async (conversation, call) => {
  const { ref } = buildOf(conversation.asking, call)
  const pong = await answerTo(conversation, pingBuild(ref), pongResponse)
  await call.write(
    pongResponse.encode({
      ...pong,
      FrontendAPICaps: pong.FrontendAPICaps.filter(({ ID }) => !REFUSED.test(ID)),
      Workers: pong.Workers.map(toldWorker),
    }),
  )
}

/** What can be done in containers of a build, and what looks up whatever it is told to. */
const REFUSED = /^(?:gateway\.exec|source\.metaresolver|gateway\.warnings|importcaches)/

const solve: Method = async (conversation, call) => {
  const { asking, connection } = conversation
  const { said, ref, build } = buildOf(asking, call)
  const findings: Finding[] = []
  const asked = await requestOf(call, solveRequest, { findings, unknown: 'error' })
  const operation = readBuildFrontend(said, asked, findings)
  const read = await outcomeOf(asking, readBuild(asking, operation, findings, connection)).catch(
    async (cause: unknown) => {
      await refuseDenied(conversation, ref, cause)
      throw cause
    },
  )
  await call.write(
    solveResponse.encode({ ref: undefined, result: await planned(conversation, ref, build, read) }),
  )
}

/** What an engine says of a source that its frontend asked for, and that is not given to this build (sourcepolicy). */
const DENIED = /source "([^"]+)" denied by policy/

/** Refuses such a source as the graph would be that has it: in the words of all refusals, and on record. @throws {GrpcError} */
async function refuseDenied(
  { asking, connection }: Conversation,
  ref: string,
  cause: unknown,
): Promise<void> {
  const [, source] = cause instanceof GrpcError ? (DENIED.exec(cause.message) ?? []) : []
  if (source === undefined) return
  await outcomeOf(
    asking,
    planBuild(asking, { kind: 'build.graph', ref, graph: graphFrom(source) }, [], connection),
  )
}

/** A result whose graphs are as they were decided on. */
async function planned(
  conversation: Conversation,
  ref: string,
  build: RunningBuild,
  read: Result,
): Promise<Result> {
  const { asking, connection } = conversation
  const plan = async (given: NonNullable<Result['ref']>): Promise<NonNullable<Result['ref']>> => {
    const findings: Finding[] = []
    const operation = readBuildGraph(ref, given.def ?? definition.empty, read.metadata, findings)
    // Of nothing nothing is carried out; its image has a configuration all the same.
    if (given.def === undefined && findings.length === 0)
      return { id: build.give('', read.metadata), def: undefined }
    const { id, definition: sent } = await outcomeOf(
      asking,
      planBuild(asking, operation, findings, connection),
    )
    return { id: build.give(id, read.metadata), def: sent }
  }
  const refs = new Map<string, NonNullable<Result['ref']>>()
  for (const [name, given] of read.refs?.refs ?? []) refs.set(name, await plan(given))
  return {
    ...resultMessage.empty,
    ref: read.ref && (await plan(read.ref)),
    refs: read.refs && { refs },
    metadata: read.metadata,
  }
}

/** What a client gives back is what it was given: nothing else of what it says counts. */
const giveBack: Method = async (conversation, call) => {
  const { ref, build } = buildOf(conversation.asking, call)
  const asked = await plainRequest(call, returnRequest)
  // With neither, or both, an engine ends (frontend/gateway, Return).
  if ((asked.result === undefined) === (asked.error === undefined))
    throw new WireError('a build ends by a result, or by why there is none')
  const given = asked.result && ownResult(build, asked.result)
  await answerTo(conversation, returnResult(ref, given, asked.error), nothing)
  await call.write(nothing.encode({}))
}

/** @throws {GrpcError} for what is none of the build's */
function ownResult(build: RunningBuild, { ref, refs }: Result): Result {
  const ids = [
    ...(ref === undefined ? [] : [ref.id]),
    ...[...(refs?.refs.values() ?? [])].map(({ id }) => id),
  ]
  const [first] = ids.filter((id) => id !== '')
  const own = (id: string) => ({ id: id === '' ? '' : build.result(id), def: undefined })
  return {
    ...resultMessage.empty,
    ref: ref && own(ref.id),
    refs: refs && { refs: new Map([...refs.refs].map(([name, { id }]) => [name, own(id)] as const)) },
    metadata: first === undefined ? resultMessage.empty.metadata : build.metadata(first),
  }
}

/** What looks into a result: it goes by the engine's name there. */
function looking<Asked extends { readonly Ref: string }, Answer>(
  request: Message<Asked>,
  question: (ref: string, asked: Asked) => EncodedCall,
  response: Message<Answer>,
): Method {
  return async (conversation, call) => {
    const { ref, build } = buildOf(conversation.asking, call)
    const asked = await plainRequest(call, request)
    const own = question(ref, { ...asked, Ref: build.result(asked.Ref) })
    await call.write(response.encode(await answerTo(conversation, own, response)))
  }
}

const AT = '/moby.buildkit.v1.frontend.LLBBridge/'

export const GATEWAY: readonly (readonly [string, Method])[] = [
  [`${AT}Ping`, ping],
  [`${AT}Solve`, solve],
  [`${AT}Return`, giveBack],
  [`${AT}Evaluate`, looking(evaluateRequest, evaluateResult, nothing)],
  [`${AT}ReadFile`, looking(readFileRequest, readFileOf, readFileResponse)],
  [`${AT}ReadDir`, looking(readDirRequest, readDirectoryOf, readDirResponse)],
  [`${AT}StatFile`, looking(statFileRequest, statFileOf, statFileResponse)],
]
