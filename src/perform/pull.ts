/**
 * A pull for a worker with names of its own: what the registry has under the name is pulled by its digest, so that the name on the host
 * stays what it is to everybody else; the image gets the worker's name when it is there (settle/images.ts).
 */
import { byDigest } from '../decide/derived.ts'
import type { PullPermit } from '../decide/verdict.ts'
import { familiar } from '../decode/reference.ts'
import { askForDigest } from '../engine/questions/images.ts'
import type { Gate } from '../gate.ts'
import type { Change } from '../record/store.ts'
import type { Named } from '../settle/named.ts'
import { giveNames, takeName } from './names.ts'
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

/**
 * Gives what was pulled its name. Where that was another image's, the digest by which that one was pulled goes with it, as with the last
 * tag of a repository: it would stay on the disk for good.
 */
export async function givePulled(
  gate: Gate,
  right: DockerRight,
  minor: number,
  { name: repository, given = '' }: PullPermit,
  image: string,
  changes: readonly Change[],
): Promise<Named> {
  const { worker } = right
  const before = (await gate.sight.whenKnown()).named(given)
  const named = await giveNames(gate, right, minor, image, [given], changes)
  if (before === undefined || before.id === image) return named
  await gate.sight.look([before.id])
  const left = (await gate.sight.whenKnown()).get(before.id)?.names ?? []
  const own = given.slice(0, given.lastIndexOf(':') + 1)
  const hasTag = left.some((name) => name.startsWith(own) || name.startsWith(`${repository}:`))
  if (!hasTag)
    for (const digest of left.filter((name) => name.startsWith(`${repository}@`)))
      await takeName(gate, right.engine, minor, worker.name, digest, before.id)
  return named
}
