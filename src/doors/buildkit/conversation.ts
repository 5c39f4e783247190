/** A conversation with a worker about its builds, and how its calls are answered. */
import type { Asking } from '../../builds.ts'
import type { Message, Reading } from '../../decode/protobuf/message.ts'
import { WireError } from '../../decode/protobuf/wire.ts'
import { answerOf } from '../../grpc/client.ts'
import type { IncomingCall } from '../../grpc/server.ts'
import type { EncodedCall } from '../../engine/encoded.ts'
import type { BuildConnection } from '../../perform/buildkit/connection.ts'

/** A connection of a worker's, and what of it goes on. */
export interface Conversation {
  readonly asking: Asking
  readonly connection: BuildConnection
  /** Is told of faults of the gate. */
  readonly failed: (cause: unknown) => void
}

/** Answers a call. @throws {GrpcError | WireError | FieldError} and what is thrown by `builds.ts` */
export type Method = (conversation: Conversation, call: IncomingCall) => Promise<void>

/** The one message of a call. @throws {WireError | GrpcError} */
export async function requestOf<T>(call: IncomingCall, kind: Message<T>, reading: Reading): Promise<T> {
  const said = await call.next()
  if (said === undefined) throw new WireError(`${call.path} says nothing`)
  return kind.decode(said, reading)
}

/** The same, of a message in which nothing may be refused. @throws {WireError | GrpcError} */
export async function plainRequest<T>(call: IncomingCall, kind: Message<T>): Promise<T> {
  const findings: Reading['findings'] = []
  const asked = await requestOf(call, kind, { findings, unknown: 'error' })
  const [found] = findings
  if (found !== undefined) throw new WireError(`${found.what}: ${found.why}`)
  return asked
}

/** What an engine answers to a question, as far as it is known. @throws {GrpcError | EngineUnavailable | RightEnded} */
export async function answerTo<T>(
  { connection, asking }: Conversation,
  question: EncodedCall,
  kind: Message<T>,
): Promise<T> {
  const under = await connection.ask(question)
  asking.gone.whenOver(() => under.cancel())
  return kind.decode(await answerOf(under), { findings: [], unknown: 'left out' })
}
