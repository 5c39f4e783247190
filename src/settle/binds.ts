/** Holds the bind sources of a planned container fast before the engine hears of them. */
import type { Pins } from '../host/pins.ts'
import type { CreatePermit } from '../policy/verdict.ts'

/**
 * The permit with each source below a root replaced by the place that holds it.
 * A root itself can't be replaced by a worker: what is above it is the operator's.
 * @param roots paths of the policy's bind roots. @throws {PinError}
 */
export async function holdBinds(
  pins: Pins,
  permit: CreatePermit,
  claim: string,
  roots: readonly string[],
): Promise<CreatePermit> {
  const { plan } = permit
  if (!plan.mounts.some((mount) => mount.type === 'bind' && !roots.includes(mount.source))) return permit
  const held = new Map<string, string>()
  const mounts = []
  for (const mount of plan.mounts) {
    if (mount.type !== 'bind' || roots.includes(mount.source)) {
      mounts.push(mount)
      continue
    }
    // One place for each source, however often it is mounted.
    const place = held.get(mount.source) ?? (await pins.pin(claim, held.size, mount.source))
    held.set(mount.source, place)
    mounts.push({ ...mount, source: place })
  }
  return {
    ...permit,
    plan: {
      ...plan,
      mounts,
      binds: plan.binds.map((bind) => ({ ...bind, source: held.get(bind.source) ?? bind.source })),
    },
  }
}
