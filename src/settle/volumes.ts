/** Sees to it that the volumes of a planned container are the worker's. */
import { claimOfVolume, ensureVolume } from '../forward/volumes.ts'
import type { Gate } from '../gate.ts'
import type { CreatePlan } from '../policy/verdict.ts'
import type { Change } from '../store/store.ts'
import type { Claims } from './claims.ts'

export interface OwnedVolumes {
  /** To be written whatever comes after. */
  readonly changes: readonly Change[]
  /** A volume that turned out not to be the worker's, or that the engine did not make. */
  readonly failed: FailedVolume | undefined
}

export interface FailedVolume {
  readonly name: string
  /** As of an engine's answer: 403 where it is somebody else's. */
  readonly status: number
}

/** Makes the volumes that are missing and checks all of them. @throws {EngineUnavailable} */
export async function ownVolumes(
  gate: Gate,
  worker: string,
  minor: number,
  plan: CreatePlan,
  claims: Claims,
): Promise<OwnedVolumes> {
  const changes: Change[] = []
  for (const [name, labels] of plan.volumes) {
    const claim = claims.volumes.get(name)
    const nonce = claim?.nonce ?? gate.ownership.get('volume', name)?.nonce
    // Forgotten since the decision: it was removed in the meantime.
    if (nonce === undefined) return { changes, failed: { name, status: 409 } }
    const made = await ensureVolume(gate.engine, minor, { name, worker, claim: nonce, labels })
    if (made.status !== 201) return { changes, failed: { name, status: made.status } }
    if (claim !== undefined && made.claim === claim.nonce) {
      gate.inventory.putVolume(name)
      changes.push(gate.ownership.settle(claim, name, name))
      continue
    }
    if (!isOwnVolume(gate, worker, name, made.claim)) return { changes, failed: { name, status: 403 } }
  }
  return { changes, failed: undefined }
}

/**
 * Whether the volume of that name that carries this claim is the worker's, or about to be: another call of the worker's may have
 * made it a moment ago. What an engine answers to a create can be anybody's that was there.
 */
export function isOwnVolume({ ownership }: Gate, worker: string, name: string, claim: string): boolean {
  const owned = ownership.get('volume', name)
  return (owned?.worker === worker && owned.nonce === claim) || ownership.hasClaim(worker, claim)
}

/**
 * A volume of a container just made that is not the one that was checked before: the operator can have removed that one, and
 * made another of its name. Nobody can remove a volume that a container has, so what it carries now is what the container got.
 * @throws {EngineUnavailable}
 */
export async function swappedVolume(
  gate: Gate,
  worker: string,
  minor: number,
  plan: CreatePlan,
): Promise<FailedVolume | undefined> {
  const found = await Promise.all(
    [...plan.volumes.keys()].map(async (name) => ({
      name,
      claim: await claimOfVolume(gate.engine, minor, name),
    })),
  )
  const swapped = found.find(({ name, claim }) => !isOwnVolume(gate, worker, name, claim))
  return swapped && { name: swapped.name, status: 409 }
}
