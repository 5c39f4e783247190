/** Sees to it that the volumes of a planned container are the worker's. */
import type { CallEngine } from '../engine/call-engine.ts'
import { inspectVolume, ensureVolume } from '../engine/questions/volumes.ts'
import type { Gate } from '../gate.ts'
import type { CreatePlan } from '../decide/plans.ts'
import { isUnclaimed } from '../shared/labels.ts'
import type { DockerRight } from '../rights/docker-call.ts'
import type { Change, Owned } from '../record/store.ts'
import type { Unknown } from '../shared/json-value.ts'
import { unnamedVolumes } from '../world/unnamed-volumes.ts'
import type { Claims } from '../settle/claims.ts'

export interface FailedVolume {
  readonly name: string
  /** As of an engine's answer: 403 where it is somebody else's. */
  readonly status: number
}

/**
 * Makes the volumes that are missing and checks all of them.
 * @param made is called with the change to write for each that was made, whatever comes after
 * @returns the volumes, or one that turned out not to be the worker's, or that the engine did not make
 * @throws {EngineUnavailable}
 */
export async function ownVolumes(
  gate: Gate,
  right: DockerRight,
  minor: number,
  plan: CreatePlan,
  claims: Claims,
  made: (changes: readonly Change[]) => void,
): Promise<FailedVolume | readonly Owned[]> {
  const worker = right.worker.name
  for (const [name, labels] of plan.volumes) {
    const claim = claims.volumes.get(name)
    const owned = claim === undefined ? gate.ownership.get('volume', name) : undefined
    const nonce = claim?.nonce ?? owned?.nonce
    // Forgotten since the decision: it was removed in the meantime.
    if (nonce === undefined) return { name, status: 409 }
    // One without a name that is gone is not made anew: what was in it is what is meant.
    const isThere = isUnclaimed(nonce)
    const answer = isThere
      ? await inspectVolume(right.engine, minor, name)
      : await ensureVolume(right.engine, minor, { name, worker, claim: nonce, labels })
    if (answer.status !== (isThere ? 200 : 201)) return { name, status: answer.status }
    if (claim !== undefined && answer.claim === claim.nonce) {
      gate.inventory.putVolume(name)
      made([gate.ownership.settle(claim, name, name)])
      continue
    }
    // Removed meanwhile, it was made anew under the claim that it had.
    if (owned?.nonce === answer.claim) made(gate.ownership.confirm(owned))
    if (!isOwnVolume(gate, worker, name, answer.claim)) return { name, status: 403 }
  }
  return [...plan.volumes.keys()].flatMap((name) => gate.ownership.get('volume', name) ?? [])
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
 * @param checked those that were checked; what tells late that one went, tells of one before
 * @throws {EngineUnavailable}
 */
export async function swappedVolume(
  gate: Gate,
  right: DockerRight,
  minor: number,
  plan: CreatePlan,
  checked: readonly Owned[],
  made: (changes: readonly Change[]) => void,
): Promise<FailedVolume | undefined> {
  const found = await Promise.all(
    [...plan.volumes.keys()].map(async (name) => ({
      name,
      claim: (await inspectVolume(right.engine, minor, name)).claim,
    })),
  )
  for (const owned of checked)
    if (found.some(({ name, claim }) => name === owned.id && claim === owned.nonce))
      made(gate.ownership.confirm(owned))
  const swapped = found.find(({ name, claim }) => !isOwnVolume(gate, right.worker.name, name, claim))
  return swapped && { name: swapped.name, status: 409 }
}

/**
 * Takes the volumes that the engine made for a container without a name: its worker's, by record.
 * @param inspected the container that was just made
 * @returns the changes to write
 * @throws {EngineUnavailable}
 */
export async function takeUnnamed(
  gate: Gate,
  right: DockerRight,
  minor: number,
  inspected: Unknown,
): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (const name of unnamedVolumes(inspected)) {
    if (gate.ownership.owner('volume', name) !== undefined) continue
    const { status, claim } = await inspectVolume(right.engine, minor, name)
    if (status !== 200) continue
    gate.inventory.putVolume(name)
    changes.push(...gate.ownership.takeUnnamed(right.worker.name, name, claim))
  }
  return changes
}

/**
 * How the engine answers for a volume that is to be removed by its name: 404 where it is another's by now.
 * @throws {EngineUnavailable}
 */
export async function statusOfVolume(
  engine: CallEngine,
  minor: number,
  { id, nonce }: Owned,
): Promise<number> {
  const { status, claim } = await inspectVolume(engine, minor, id)
  return status === 200 && claim !== nonce ? 404 : status
}

/** Forgets a volume that was removed, and nothing that was made under its name meanwhile. Returns the changes to write. */
export function forgetVolume({ inventory, ownership }: Gate, removed: Owned): readonly Change[] {
  const change = ownership.forgetSame(removed)
  if (change === undefined) return []
  inventory.removeVolume(removed.id)
  return [change]
}
