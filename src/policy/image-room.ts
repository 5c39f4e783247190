/** How much of an engine's list of images a worker may take: everybody who lists images, and the gate itself, gets all of it. */
import { addsImages, type OperationKind } from '../decode/operation.ts'
import type { Facts } from '../resolve/facts.ts'
import { refuse } from './refuse.ts'
import type { Verdict } from './verdict.ts'

/** Characters; an image has some hundreds, and its labels. */
const MOST_LISTED = 16 * 2 ** 20

/** A verdict, or a refusal where it would let images come while the worker's take too much of the list. */
export function withRoom(kind: OperationKind, verdict: Verdict, { imagesListed }: Facts): Verdict {
  if (verdict.effect === 'refuse' || !addsImages(kind) || imagesListed <= MOST_LISTED) return verdict
  const listed = Math.ceil(imagesListed / 2 ** 20)
  const why = `an engine lists ${listed} MiB of them, labels among it: ${MOST_LISTED / 2 ** 20} MiB at most`
  const instead = ['docker image prune', 'docker rmi of some', "the operator's docker image prune"]
  return refuse(verdict.subcommand, 'run.limits.images', 'images of this worker', {
    why,
    instead,
    retryable: true,
  })
}
