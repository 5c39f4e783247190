/**
 * A prune: the worker's own things that are not in use are listed, and removed one by one as they would be by themselves.
 * An engine's own prune goes by labels, which images hand down to other people's containers.
 */
import { fullImageId } from '../decode/reference.ts'
import type { Prune } from '../decode/operations/prune.ts'
import type { Removal } from '../decode/operation.ts'
import { decideRemoval } from '../decide/prune.ts'
import type { Permit, PrunePermit, Verdict } from '../decide/verdict.ts'
import { isImageInUse } from '../engine/questions/containers.ts'
import { errorReply, jsonReply, type Reply } from '../engine/reply.ts'
import { wordOf } from '../policy/grants.ts'
import { resolveRemoval } from '../resolve/resolve.ts'
import { openClaims } from '../settle/claims.ts'
import { listOf, objectOf } from '../shared/json-value.ts'
import type { Undertaking } from './exchange.ts'
import { candidatesOf } from './prune-candidates.ts'
import { PruneFilterError } from './prune-filter.ts'

type CarryOut = (undertaking: Undertaking, permit: Permit) => Promise<Reply>

/** Removes what the worker owns and nothing uses. What turns out to be in use stays. @throws {EngineUnavailable} */
export async function prune(
  undertaking: Undertaking,
  { operation }: PrunePermit,
  carryOut: CarryOut,
): Promise<Reply> {
  const { call, right, outcome } = undertaking
  try {
    const removed: Gone[] = []
    let space = 0
    for (const { id, told, size, removal } of await candidatesOf(call, right, operation)) {
      const gone = await remove(undertaking, operation, id, removal, carryOut)
      for (const { Deleted } of gone) if (Deleted !== undefined) outcome.concerns(Deleted)
      removed.push(...gone.map((each) => (each.Deleted === id ? { Deleted: told } : each)))
      if (gone.some(({ Deleted }) => Deleted === id)) space += size
    }
    return await outcome.close(answerTo(operation, removed, space))
  } catch (cause) {
    if (cause instanceof PruneFilterError) return outcome.close(errorReply(400, cause.message))
    throw cause
  }
}

/** What is gone, by its id, or a name of an image, in the worker's words. */
type Gone = { readonly Deleted: string } | { readonly Untagged: string; readonly Deleted?: undefined }

/** Removes one thing, as it is decided now. Gives what is gone. */
async function remove(
  { call, right, outcome }: Undertaking,
  { kind }: Prune,
  id: string,
  removal: Removal,
  carryOut: CarryOut,
): Promise<readonly Gone[]> {
  const { gate, connected } = call
  const decideNow = (): Verdict => {
    const looked = { paths: NO_PATHS, images: gate.sight.known }
    const asked = resolveRemoval(gate, right.worker, removal, connected.facts, looked)
    return decideRemoval(right.worker, wordOf(kind), asked)
  }
  await right.renew()
  const verdict = decideNow()
  if (verdict.effect === 'refuse') return []
  const { permit } = verdict
  // Name by name, one in use would lose all but the last of them, or those that others do not have.
  const hasNames = permit.on === 'image' && permit.names.length > 0
  if (hasNames && (await isImageInUse(right.engine, connected.facts.minor, id))) return []
  const claims = openClaims(gate, right.worker.name, verdict)
  const part = outcome.part(permit, claims)
  try {
    const reply = await carryOut({ call, right, claims, outcome: part, decideNow }, permit)
    return goneBy(reply, permit, id)
  } catch (cause) {
    part.broken(cause)
    throw cause
  }
}

const NO_PATHS = new Map<string, never>()

/** What is gone by a removal: an image can have lost names alone, and can have taken steps below it along. */
function goneBy(reply: Reply, { on }: Permit, id: string): readonly Gone[] {
  if (reply.kind === 'hijacked' || reply.status >= 400) return []
  if (reply.kind === 'stream') reply.body.resume()
  if (on !== 'image' || reply.kind === 'stream') return [{ Deleted: id }]
  return listOf(JSON.parse(reply.body.toString())).flatMap((entry): readonly Gone[] => {
    const { Deleted, Untagged } = objectOf(entry)
    if (typeof Untagged === 'string') return [{ Untagged }]
    return typeof Deleted === 'string' ? [{ Deleted: fullImageId(Deleted) }] : []
  })
}

function answerTo({ kind }: Prune, gone: readonly Gone[], SpaceReclaimed: number): Reply {
  const removed = gone.flatMap(({ Deleted }) => Deleted ?? [])
  switch (kind) {
    case 'container.prune':
      return jsonReply(200, { ContainersDeleted: removed, SpaceReclaimed })
    case 'network.prune':
      return jsonReply(200, { NetworksDeleted: removed })
    case 'volume.prune':
      return jsonReply(200, { VolumesDeleted: removed, SpaceReclaimed })
    case 'image.prune':
      return jsonReply(200, { ImagesDeleted: gone, SpaceReclaimed })
    case 'build.prune':
      return jsonReply(200, { CachesDeleted: [], SpaceReclaimed })
  }
}
