/**
 * A connection by which a worker asks BuildKit: an HTTP/2 connection of its own, which ends here. It has the names of what may be
 * asked for; each is read, and goes its way.
 */
import type { Duplex } from 'node:stream'
import type { Routed } from '../../decode/decode.ts'
import type { IncomingRequest } from '../../decode/incoming.ts'
import { WireError } from '../../decode/protobuf/wire.ts'
import { FieldError } from '../../decode/fields.ts'
import { JsonError } from '../../decode/json.ts'
import { connectBuilds, connectSession, refuseInBuild, type Asking } from '../../builds.ts'
import { errorReply, type Reply } from '../../engine/reply.ts'
import { budgetOfWorker } from '../../grpc/framing.ts'
import { serveGrpc, type IncomingCall } from '../../grpc/server.ts'
import { CODE, GrpcError } from '../../grpc/status.ts'
import { Ending } from '../../shared/ending.ts'
import { undoneReply } from '../../pipeline.ts'
import { errorOf, outcomeOf } from './answers.ts'
import { CONTROL } from './control.ts'
import type { Conversation, Method } from './conversation.ts'
import { GATEWAY } from './gateway.ts'

/** What a worker may ask for, by path. */
const METHODS: ReadonlyMap<string, Method> = new Map([...CONTROL, ...GATEWAY])

const HANDSHAKE = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'

/**
 * Takes over a connection whose request was for one of BuildKit's.
 * @param head what came behind the request @param failed is told of faults of the gate
 * @returns what is answered where it is not taken over
 */
export async function takeOver(
  asking: Asking,
  routed: Routed,
  request: IncomingRequest,
  client: Duplex,
  head: Buffer,
  failed: (cause: unknown) => void,
): Promise<Reply | undefined> {
  const connect = (): Duplex => {
    client.write(HANDSHAKE)
    if (head.length > 0) client.unshift(head)
    return client
  }
  try {
    if (routed.found && routed.match.route.kind === 'build.session') {
      const served = await connectSession(asking, { routed, request }, connect, failed)
      return served.became === 'done' ? undefined : undoneReply(served, asking.caller)
    }
    const served = await connectBuilds(asking, routed, request)
    if (served.became !== 'done') return undoneReply(served, asking.caller)
    lead({ asking, connection: served.result, failed }, connect())
    return undefined
  } catch (cause) {
    const error = errorOf(asking, cause)
    if (error instanceof GrpcError) return errorReply(503, error.message)
    throw cause
  }
}

/** Answers what is asked on a connection until it ends. */
function lead(conversation: Conversation, client: Duplex): void {
  const { asking, connection } = conversation
  const session = serveGrpc(
    client,
    (call) => answer(conversation, call),
    conversation.failed,
    budgetOfWorker(),
  )
  const unCut = asking.caller.identity.onCut(() => session.destroy())
  session.once('close', () => {
    unCut()
    connection.close()
  })
}

/** @throws {GrpcError} and what is a fault of the gate */
async function answer(conversation: Conversation, call: IncomingCall): Promise<void> {
  const gone = new Ending()
  call.whenGone(() => gone.end())
  const asking = { ...conversation.asking, gone }
  const method = METHODS.get(call.path)
  try {
    if (method !== undefined) return await method({ ...conversation, asking }, call)
  } catch (cause) {
    const isRead = !(cause instanceof WireError || cause instanceof FieldError || cause instanceof JsonError)
    if (isRead) throw errorOf(asking, cause)
    const operation = { kind: 'malformed', what: call.path, why: cause.message, status: 400 } as const
    return outcomeOf(asking, refuseInBuild(asking, operation))
  }
  // Clients look for these by themselves, and go on without.
  if (QUIETLY.some((beginning) => call.path.startsWith(beginning)))
    throw new GrpcError(CODE.unimplemented, `${call.path} is not answered here`)
  const operation = {
    kind: 'unsupported',
    endpoint: call.path,
    words: 'build',
    why: 'of BuildKit that alone is given which a build with a Dockerfile needs',
    instead: ['docker build, with a Dockerfile'],
  } as const
  return outcomeOf(asking, refuseInBuild(asking, operation))
}

const QUIETLY = ['/opentelemetry.', '/grpc.reflection.', '/grpc.health.']
