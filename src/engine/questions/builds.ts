/** What the gate asks BuildKit about builds that go on, or for what is to be told to everybody. Builds and results go by their ids there. */
import { statusRequest } from '../../decode/buildkit/control.ts'
import {
  evaluateRequest,
  readDirRequest,
  readFileRequest,
  result,
  returnRequest,
  statFileRequest,
} from '../../decode/buildkit/gateway.ts'
import type { Said } from '../../decode/protobuf/message.ts'
import { grpcCall, type EncodedCall } from '../encoded.ts'

/** The metadata by which calls say of which build they are (util/buildid). */
export const BUILD_ID = 'buildkit-controlapi-buildid'

const NOTHING = Buffer.alloc(0)

export function listWorkers(): EncodedCall {
  return grpcCall('/moby.buildkit.v1.Control/ListWorkers', [], NOTHING)
}

export function buildkitInfo(): EncodedCall {
  return grpcCall('/moby.buildkit.v1.Control/Info', [], NOTHING)
}

/** How a build goes on. */
export function buildStatus(ref: string): EncodedCall {
  return grpcCall('/moby.buildkit.v1.Control/Status', [], statusRequest.encode({ Ref: ref }))
}

/** What can be asked for in a build. */
export function pingBuild(ref: string): EncodedCall {
  return inBuild(ref, 'Ping', NOTHING)
}

/** Ends the part of a build that its client has: by a result, or by why there is none. */
export function returnResult(
  ref: string,
  given: Said<typeof result> | undefined,
  error: Said<typeof returnRequest>['error'],
): EncodedCall {
  return inBuild(ref, 'Return', returnRequest.encode({ result: given, error }))
}

/** Carries a result out. */
export function evaluateResult(ref: string, asked: Said<typeof evaluateRequest>): EncodedCall {
  return inBuild(ref, 'Evaluate', evaluateRequest.encode(asked))
}

export function readFileOf(ref: string, asked: Said<typeof readFileRequest>): EncodedCall {
  return inBuild(ref, 'ReadFile', readFileRequest.encode(asked))
}

export function readDirectoryOf(ref: string, asked: Said<typeof readDirRequest>): EncodedCall {
  return inBuild(ref, 'ReadDir', readDirRequest.encode(asked))
}

export function statFileOf(ref: string, asked: Said<typeof statFileRequest>): EncodedCall {
  return inBuild(ref, 'StatFile', statFileRequest.encode(asked))
}

function inBuild(ref: string, method: string, message: Buffer): EncodedCall {
  return grpcCall(`/moby.buildkit.v1.frontend.LLBBridge/${method}`, [[BUILD_ID, ref]], message)
}
