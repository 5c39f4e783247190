/** Claims of a create: what is about to be made counts, and is on record, before the engine is asked. */
import type { Verdict } from '../policy/verdict.ts'
import type { Ownership } from '../resolve/ownership.ts'
import type { Change, Claim } from '../store/store.ts'

export interface Claims {
  /** Of the container, or undefined for anything but a create. */
  readonly container: Claim | undefined
  /** Of volumes that have no owner yet, by name. */
  readonly volumes: ReadonlyMap<string, Claim>
  /** To be written together with the decision. */
  readonly changes: readonly Change[]
  /** Gives up every claim that is still open, where nothing was made; returns the changes to write. */
  readonly drop: () => readonly Change[]
}

const NO_CLAIMS: Claims = { container: undefined, volumes: new Map(), changes: [], drop: () => [] }
const NO_LIMITS = { memory: 0, nanoCpus: 0 }

/** Opens the claims that a verdict needs; from now on they count. */
export function openClaims(ownership: Ownership, worker: string, verdict: Verdict): Claims {
  if (verdict.effect === 'refuse' || verdict.permit.on !== 'create') return NO_CLAIMS
  const { plan } = verdict.permit
  const container = ownership.claim('container', worker, plan.limits)
  const unowned = plan.volumes.filter((name) => ownership.owner('volume', name) === undefined)
  const volumes = new Map(unowned.map((name) => [name, ownership.claim('volume', worker, NO_LIMITS)]))
  const all = [container, ...volumes.values()]
  return {
    container,
    volumes,
    changes: all.map((claim) => ({ type: 'claim', claim })),
    drop: () =>
      all.filter(({ nonce }) => ownership.hasClaim(worker, nonce)).map((claim) => ownership.drop(claim)),
  }
}
