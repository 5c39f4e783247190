/** A refusal as the Engine API tells it: HTTP 403, the text as `message`, and the same as fields. */
import { errorReply, type Reply } from '../engine/reply.ts'
import { isMalformed, refusalText, type RecordedRefusal, type Refusal } from '../shared/refusal.ts'
import { refuse } from '../decide/refuse.ts'
import type { Refused } from '../decide/verdict.ts'
import type { Space } from '../policy/space.ts'

/** The reply to a refused request. @param record id of its audit entry, empty where it could not be written */
export function refusalReply(refused: Refused, record: string, worker: string): Reply {
  // What is out of reach answers like what does not exist, to the letter; what is in use, as the engine says it.
  const isReach = refused.refusal.rule === 'docker.reach'
  if (isReach || refused.status === 404 || refused.status === 409 || refused.status === 503)
    return errorReply(refused.status, refused.refusal.what)
  if (refused.refusal.rule === 'request.version') return errorReply(refused.status, refused.refusal.why)
  const told = toldRefusal(refused, record, worker)
  return errorReply(refused.status, refusalText(told), told)
}

/** A refusal as it is told to a worker. */
export function toldRefusal({ refusal }: Refused, record: string, worker: string): RecordedRefusal {
  return { ...refusal, next: nextStep(refusal, worker), record }
}

/** A refusal in the worker's words: before its lines are cut, as half a name is not known to be one. */
export function refusedInWords(refused: Refused, space: Space): Refused {
  const { refusal } = refused
  const tell = (texts: readonly string[]): readonly string[] => texts.map((text) => space.inWords(text))
  const what = space.inWords(refusal.what)
  const also = tell(refusal.also)
  return {
    ...refused,
    refusal: { ...refusal, what, also, why: space.inWords(refusal.why), instead: tell(refusal.instead) },
  }
}

/** A reply that tells of the worker's own things by the engine's names, in the worker's words. */
export function replyInWords(reply: Reply, space: Space): Reply {
  if (reply.kind !== 'whole' || reply.body.length === 0) return reply
  const tell = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? space.inWords(value) : value
  return { ...reply, body: JSON.stringify(JSON.parse(reply.body.toString(), tell)) }
}

/** The reply where a volume turned out to be somebody else's after all, or could not be made. */
export function notAfterAll(
  failed: { readonly name: string; readonly status: number },
  record: string,
  worker: string,
): Reply {
  if (failed.status !== 403)
    return errorReply(failed.status, `the volume ${failed.name} could not be made, or was removed meanwhile`)
  const why = `the volume name ${failed.name} is not free for this worker`
  const instead = ['another volume name, which is made when it is first used']
  return refusalReply(refuse('run', 'run.volumes', `volume ${failed.name}`, { why, instead }), record, worker)
}

function nextStep(refusal: Refusal, worker: string): string {
  return isMalformed(refusal) ? '' : `To request access, give your operator this rule, for worker ${worker}.`
}
