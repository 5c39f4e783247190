/**
 * The connection by which an engine asks a client for what a build needs. Both ends are the gate's: each message is read, and written
 * anew. What is asked for is the client's own, and what it says goes to its own builds alone.
 */
import type { Duplex } from 'node:stream'
import { SESSION_METHODS, type SessionMethod } from '../../decode/buildkit/session.ts'
import { WireError } from '../../decode/protobuf/wire.ts'
import type { BuildConnectionPermit } from '../../decide/verdict.ts'
import { GrpcClient, type Metadata, type OutgoingCall } from '../../grpc/client.ts'
import { budgetOfWorker } from '../../grpc/framing.ts'
import { serveGrpc, type IncomingCall } from '../../grpc/server.ts'
import { CODE, GrpcError } from '../../grpc/status.ts'
import type { DockerCall, DockerRight } from '../../rights/docker-call.ts'
import { takeOver } from './connection.ts'

/** Of a worker's at once: a build has one or two. */
const MOST_SESSIONS = 64

/**
 * Opens the engine's end, and lets it ask the client for as long as the right is there. Resolves once the engine has it.
 * @param connect gives the client's end, once the engine's is there
 * @throws {EngineUnavailable | GrpcError | RightEnded}
 */
export async function openSession(
  call: DockerCall,
  right: DockerRight,
  permit: BuildConnectionPermit,
  connect: () => Duplex,
  failed: (cause: unknown) => void,
): Promise<void> {
  const names = call.gate.builds.namesOf(call.caller.identity.name)
  if (names.open >= MOST_SESSIONS)
    throw new GrpcError(CODE.exhausted, `${MOST_SESSIONS} sessions of this worker are open already`)
  names.open += 1
  try {
    return await openOne(call, right, permit, connect, failed, () => (names.open -= 1))
  } catch (cause) {
    names.open -= 1
    throw cause
  }
}

async function openOne(
  call: DockerCall,
  right: DockerRight,
  permit: BuildConnectionPermit,
  connect: () => Duplex,
  failed: (cause: unknown) => void,
  over: () => void,
): Promise<void> {
  const { socket, head } = await takeOver(
    call,
    right,
    permit,
    'the engine does not take the session',
    right.untilGone(),
  )
  if (head.length > 0) socket.unshift(head)
  const connection = connect()
  const client = new GrpcClient(connection, budgetOfWorker())
  const release = holdSession(call, permit)
  const server = serveGrpc(socket, (asked) => relay(asked, client), failed)
  let isOver = false
  const end = (): void => {
    if (isOver) return
    isOver = true
    over()
    release()
    right.release()
    client.close()
    server.destroy()
    connection.destroy()
    socket.destroy()
  }
  right.untilEnded().whenOver(end)
  client.whenClosed(end)
  server.once('close', end)
}

function holdSession({ gate, caller }: DockerCall, { operation }: BuildConnectionPermit): () => void {
  if (operation.kind !== 'build.session') return () => undefined
  return gate.builds.namesOf(caller.identity.name).sessions.hold(operation.session)
}

/** One call of the engine's: what it says to the client, and what that answers. @throws {GrpcError} */
async function relay(asked: IncomingCall, client: GrpcClient): Promise<void> {
  const method = SESSION_METHODS.get(asked.path)
  if (method === undefined) throw new GrpcError(CODE.unimplemented, `${asked.path} is not passed on`)
  const answering = client.call(asked.path, metadataFor(method, asked.metadata))
  asked.whenGone(() => answering.cancel())
  // What goes wrong on the way there ends the call, and so the way back.
  const there = say(asked, answering, method).catch((cause: unknown) => {
    answering.cancel()
    throw cause
  })
  there.catch(() => undefined)
  const answered = method.answered()
  try {
    for (let message = await answering.messages.next(); message !== undefined;) {
      await asked.write(answered(message, { findings: [], unknown: 'error' }))
      message = await answering.messages.next()
    }
    const failed = await answering.ended()
    if (failed !== undefined) throw failed
  } catch (cause) {
    answering.cancel()
    await there.catch(() => undefined)
    throw cause instanceof WireError ? new GrpcError(CODE.invalid, cause.message) : cause
  }
}

async function say(
  asked: IncomingCall,
  answering: OutgoingCall,
  { asked: begin }: SessionMethod,
): Promise<void> {
  const kind = begin()
  for (let message = await asked.next(); message !== undefined; message = await asked.next())
    await answering.messages.write(kind(message, { findings: [], unknown: 'left out' }))
  answering.end()
}

function metadataFor({ metadata: known }: SessionMethod, given: Metadata): Metadata {
  return given.filter(([name]) =>
    known.some((each) => (each.endsWith('-') ? name.startsWith(each) : name === each)),
  )
}
