/** What a worker is told of what was asked of BuildKit: refusals, and errors in its own words. */
import { refusedInWords, toldRefusal } from '../../filter/refusal.ts'
import { withoutDataRoot } from '../../filter/errors.ts'
import { EngineUnavailable } from '../../engine/engine.ts'
import { CODE, GrpcError } from '../../grpc/status.ts'
import { FailedUnderway, REHEARSED, type Served } from '../../pipeline.ts'
import type { Asking } from '../../builds.ts'
import { StoreUnavailable, toldUnavailable } from '../../record/errors.ts'
import { LookupAbandoned } from '../../resolve/host-paths.ts'
import { Ended } from '../../rights/decision.ts'
import { RightEnded } from '../../rights/right.ts'
import { refusalText } from '../../shared/refusal.ts'
import type { Refused } from '../../decide/verdict.ts'
import { knownDetails } from './details.ts'

/** What came of a call. @throws {GrpcError} where it was refused, failed or was only tried */
export async function outcomeOf<T>(asking: Asking, served: Promise<Served<T>>): Promise<T> {
  const came = await served.catch((cause: unknown) => {
    throw errorOf(asking, cause)
  })
  switch (came.became) {
    case 'refused':
      throw refusalOf(asking, came.refused, came.record)
    case 'tried':
      throw new GrpcError(CODE.refused, REHEARSED)
    case 'done':
      return came.result
  }
}

function refusalOf({ caller: { identity } }: Asking, refused: Refused, record: string): GrpcError {
  const text = refusalText(toldRefusal(refusedInWords(refused, identity.space), record, identity.name))
  return new GrpcError(refused.status === 400 ? CODE.invalid : CODE.refused, text)
}

/** What went wrong, as it is told; a fault of the gate itself is what it was. */
export function errorOf(asking: Asking, cause: unknown): unknown {
  if (cause instanceof FailedUnderway) return errorOf(asking, cause.cause)
  if (cause instanceof GrpcError) return inWords(asking, cause)
  if (cause instanceof RightEnded && cause.refused !== undefined)
    return refusalOf(asking, cause.refused, cause.record)
  if (cause instanceof Ended || cause instanceof RightEnded) return new GrpcError(CODE.refused, cause.message)
  if (cause instanceof EngineUnavailable || cause instanceof LookupAbandoned)
    return new GrpcError(CODE.unavailable, cause.message)
  if (cause instanceof StoreUnavailable) return new GrpcError(CODE.unavailable, toldUnavailable(cause))
  return cause
}

/** An error of the engine's in the worker's words. */
function inWords(asking: Asking, { code, message, details }: GrpcError): GrpcError {
  const tell = tellerFor(asking)
  return new GrpcError(code, tell(message), details && knownDetails(details, tell))
}

/** Tells a text of the engine's in the worker's words. */
export function tellerFor({ gate, caller }: Asking): (text: string) => string {
  const dataRoot = gate.feed.connected?.dataRoot ?? ''
  return (text) => caller.identity.space.inWords(withoutDataRoot(text, dataRoot))
}
