/**
 * A pull for a worker with names of its own: what the registry has under the name is pulled by its digest, so that the name on the host
 * stays what it is to everybody else; the image gets the worker's name when it is there (settle/images.ts).
 */
import { byDigest } from '../decide/derived.ts'
import type { PullPermit } from '../decide/verdict.ts'
import { familiar } from '../decode/reference.ts'
import { askForDigest } from '../engine/questions/images.ts'
import type { Until } from '../shared/ending.ts'
import type { DockerRight } from '../rights/docker-call.ts'

/** Why the registry did not tell. */
export interface NotTold {
  readonly status: number
  readonly message: string
}

/** The pull with the digest that the registry tells; as it is where the name is the one that is given. @throws {EngineUnavailable} */
export async function pinned(
  right: DockerRight,
  minor: number,
  permit: PullPermit,
  until: Until = right.untilGone(),
): Promise<PullPermit | NotTold> {
  if (permit.given === undefined) return permit
  const auth = permit.operation.registryAuth?.reveal()
  const reference = familiar(`${permit.name}:${permit.tag}`)
  const { status, digest, message } = await askForDigest(right.engine, minor, reference, auth, until)
  if (status === 200 && /^sha256:[0-9a-f]{64}$/.test(digest)) return byDigest(permit, digest)
  // A pull that fails is 404 to clients, whatever the registry says (moby, distribution/errors.go).
  return {
    status: status === 200 || status === 401 || status === 403 ? 404 : status,
    message: `${reference}: ${message}`,
  }
}
