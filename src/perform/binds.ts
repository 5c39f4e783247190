/** Holds the bind sources of a planned container fast before the engine hears of them, those that come with the mounts of others too. */
import type { BindRoots } from '../host/bind-roots.ts'
import type { Pins } from '../host/pins.ts'
import { withPlaces } from '../decide/derived.ts'
import type { CreatePermit } from '../decide/verdict.ts'

/**
 * The permit with each source below a root replaced by the place that holds it. A root itself stays as it is, once it was looked at
 * again: the engine may be given its path, as nobody but the operator can put something else there (a restart policy needs that:
 * what the gate holds is gone after a reboot).
 * @throws {PinError}
 */
export async function holdBinds(
  pins: Pins,
  roots: BindRoots,
  permit: CreatePermit,
  claim: string,
): Promise<CreatePermit> {
  const { plan } = permit
  if (plan.binds.length === 0) return permit
  if (plan.volumesFrom.length > 0) for (const { source } of plan.binds) await pins.share(claim, source)
  const held = new Map<string, string>()
  for (const mount of plan.mounts)
    // One place for each source, however often it is mounted.
    if (mount.type === 'bind' && !held.has(mount.source))
      held.set(mount.source, await hold(pins, roots, claim, held.size, mount.source))
  return withPlaces(permit, held)
}

async function hold(
  pins: Pins,
  roots: BindRoots,
  claim: string,
  index: number,
  source: string,
): Promise<string> {
  const place = await roots.openSource(source)
  if (place === undefined) return source
  try {
    return await pins.pin(claim, index, source, place.found)
  } finally {
    await place.found.close()
  }
}
