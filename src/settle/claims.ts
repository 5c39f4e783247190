/** Claims: what is about to be made counts, and is on record, before the engine is asked. */
import type {
  AnyPermit,
  BuildPermit,
  CommitPermit,
  ContainerPermit,
  CreatePermit,
  ImportPermit,
  SolvePermit,
  TagPermit,
  Verdict,
} from '../decide/verdict.ts'
import type { MadeWith } from '../world/made.ts'
import type { Ownership } from '../world/ownership.ts'
import type { Asked } from '../world/renames.ts'
import type { Reservations } from '../world/reservations.ts'
import type { World } from '../world/world.ts'
import { madeBody } from '../encode/made.ts'
import type { Change, Claim, OwnedKind } from '../record/store.ts'

export interface Claims {
  /** Of the container, network, volume, image or name of an image that is made; undefined where nothing is. */
  readonly object: Claim | undefined
  /** Of a new container's volumes that have no owner yet, by name. */
  readonly volumes: ReadonlyMap<string, Claim>
  /** The name that one of the operator's containers is to get; undefined for any other call. */
  readonly rename: Asked | undefined
  /** To be written together with the decision. */
  readonly changes: readonly Change[]
  /** Gives up every claim that is still open, where nothing was made; returns the changes to write. */
  readonly drop: () => readonly Change[]
  /** Gives back the names that were kept for the call. */
  readonly release: () => void
}

const NO_LIMITS = { memory: 0, nanoCpus: 0 }

interface Claiming extends Pick<World, 'ownership' | 'renames'> {
  readonly made: MadeWith
  readonly diagnostics: Reservations
}

/** Opens the claims that a verdict needs; from now on they count. */
export function openClaims(
  { ownership, renames, made, diagnostics }: Claiming,
  worker: string,
  verdict: Verdict<AnyPermit>,
): Claims {
  const open = (kind: OwnedKind): Claim => ownership.claim(kind, worker, NO_LIMITS)
  if (verdict.effect === 'refuse') return NO_CLAIMS
  const { permit } = verdict
  switch (permit.on) {
    case 'create':
      return claimContainer(ownership, made, worker, permit)
    case 'network create':
      return claims(ownership, open('network'), NONE)
    case 'volume create': {
      const { name } = permit.operation
      const isThere = name !== undefined && ownership.owner('volume', name) !== undefined
      // Removed meanwhile, it would be made anew under no claim.
      return isThere
        ? keeping(NO_CLAIMS, ownership.volumesInUse.reserve(worker, [name]))
        : claims(ownership, open('volume'), NONE)
    }
    case 'volume': {
      const { kind, volume } = permit.operation
      return kind === 'volume.remove'
        ? keeping(NO_CLAIMS, ownership.volumesRemoved.reserve(worker, [volume]))
        : NO_CLAIMS
    }
    case 'container':
      return claimName(renames, permit)
    case 'update': {
      const { container, changes } = permit
      const undo = ownership.reserve(container.id, changes.memory ?? 0, changes.nanoCpus ?? 0)
      const alone = ownership.containersUpdated.reserve(worker, [container.id])
      return keeping({ ...NO_CLAIMS, drop: () => undoing(undo) }, alone)
    }
    case 'list':
      return permit.operation.kind === 'system.events'
        ? keeping(NO_CLAIMS, ownership.eventsFollowed.reserve(worker, [worker]))
        : NO_CLAIMS
    case 'host':
      return keeping(NO_CLAIMS, diagnostics.reserve(worker, [worker]))
    case 'tag':
    case 'commit':
    case 'import':
    case 'build':
    case 'solve':
      return claimImage(ownership, worker, permit)
    case 'build connection':
    case 'container list':
    case 'engine':
    case 'exec':
    case 'exec create':
    case 'frontend':
    case 'graph':
    case 'image':
    case 'load':
    case 'network':
    case 'network member':
    case 'prune':
    case 'pull':
    case 'push':
    case 'save':
    case 'search':
      return NO_CLAIMS
  }
}

/** What gives names to an image: the names are kept for it. */
function claimImage(
  ownership: Ownership,
  worker: string,
  permit: TagPermit | CommitPermit | ImportPermit | BuildPermit | SolvePermit,
): Claims {
  const giving = (opened: Claims, given: readonly string[]): Claims =>
    keeping(opened, ownership.namesGiven.reserve(worker, given))
  switch (permit.on) {
    case 'tag': {
      const claim = ownership.claimTag(worker, permit.name, permit.image)
      return giving(claims(ownership, claim, NONE), [permit.name])
    }
    case 'commit':
    case 'import':
      return giving(claims(ownership, ownership.claim('image', worker, NO_LIMITS), NONE), names(permit.name))
    case 'build':
      return giving(NO_CLAIMS, permit.tags)
    case 'solve':
      return giving(keeping(NO_CLAIMS, ownership.buildsRunning.reserve(worker, [worker])), permit.tags)
  }
}

function claimContainer(ownership: Ownership, made: MadeWith, worker: string, permit: CreatePermit): Claims {
  const named = [...permit.plan.volumes.keys()]
  const unowned = named.filter((name) => ownership.owner('volume', name) === undefined)
  const volumes = unowned.map((name) => [name, ownership.claim('volume', worker, NO_LIMITS)] as const)
  const object = ownership.claim('container', worker, permit.plan.limits)
  const opened = claims(ownership, object, new Map(volumes))
  // Without what it was made with a container could not be started again.
  const changes = [...opened.changes, made.put(object.nonce, madeBody(permit))]
  return keeping({ ...opened, changes }, ownership.volumesInUse.reserve(worker, named))
}

/** The name that a worker gives to one of the operator's containers, which is asked for from now on. */
function claimName(renames: World['renames'], { operation, container }: ContainerPermit): Claims {
  if (operation.kind !== 'container.rename' || container.owner === 'self') return NO_CLAIMS
  const { name } = operation.parameters
  // An engine refuses it without one.
  if (name === undefined) return NO_CLAIMS
  const { asked, change } = renames.ask(container.id, container.policyName, name)
  return { ...NO_CLAIMS, rename: asked, changes: [change], drop: () => renames.dropped(asked) }
}

function names(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name]
}

/** Claims with names that are kept until the call is over, or given up. */
function keeping(opened: Claims, release: () => void): Claims {
  const drop = (): readonly Change[] => [...opened.drop(), ...undoing(release)]
  const releaseAll = (): void => {
    opened.release()
    release()
  }
  return { ...opened, drop, release: releaseAll }
}

function undoing(undo: () => void): readonly Change[] {
  undo()
  return []
}

const NONE: ReadonlyMap<string, Claim> = new Map()
const NO_CLAIMS: Claims = {
  object: undefined,
  volumes: NONE,
  rename: undefined,
  changes: [],
  drop: () => [],
  release: () => undefined,
}

function claims(
  ownership: Ownership,
  object: Claim | undefined,
  volumes: ReadonlyMap<string, Claim>,
): Claims {
  const all = [...(object === undefined ? [] : [object]), ...volumes.values()]
  return {
    ...NO_CLAIMS,
    object,
    volumes,
    changes: all.map((claim) => ({ type: 'claim', claim })),
    drop: () =>
      all
        .filter((claim) => ownership.hasClaim(claim.worker, claim.nonce))
        .map((claim) => ownership.drop(claim)),
  }
}
