/** Holds the bind sources of a planned container fast before the engine hears of them, those that come with the mounts of others too. */
import type { BindMount } from '../decode/operations/mounts.ts'
import type { BindRoots } from '../host/bind-roots.ts'
import type { ContainerSockets } from '../host/container-sockets.ts'
import type { Pins } from '../host/pins.ts'
import type { HeldSource } from '../world/made.ts'
import { isMissed, withPlaces } from '../decide/derived.ts'
import type { CreatePermit } from '../decide/verdict.ts'

/** A permit with the places that the engine is given, and what is held in them. */
interface Held {
  readonly permit: CreatePermit
  readonly places: ReadonlyMap<string, HeldSource>
}

interface Places {
  readonly pins: Pins
  readonly sockets: ContainerSockets
}

/**
 * The permit with each source below a root replaced by the place that holds it. A root itself stays as it is, once it was looked at
 * again: the engine may be given its path, as nobody but the operator can put something else there.
 * The worker's own socket is given its place.
 * @throws {PinError}
 */
export async function holdBinds(
  { pins, sockets }: Places,
  roots: BindRoots,
  permit: CreatePermit,
  worker: string,
  claim: string,
  podman: boolean,
): Promise<Held> {
  const { plan } = permit
  const socket = plan.mounts.some(({ type }) => type === 'socket') ? sockets.placeOf(worker) : undefined
  if (plan.binds.length === 0 && socket === undefined) return { permit, places: new Map() }
  if (plan.volumesFrom.length > 0) for (const { source } of plan.binds) await pins.share(claim, source)
  const held = new Map<string, string>()
  for (const mount of plan.mounts)
    // One place for each source, however often it is mounted.
    if (mount.type === 'bind' && !held.has(mount.source)) {
      if (mount.missing.length > 0) await roots.makeBelow(aboveOf(mount), mount.missing)
      held.set(mount.source, await hold(pins, roots, claim, held.size, mount.source))
    }
  const places = [...held].filter(([source, place]) => source !== place)
  const sources = places.map(([path, place]) => {
    const binds = plan.mounts.filter((mount) => mount.type === 'bind' && mount.source === path)
    const missed = binds.every((mount) => mount.type === 'bind' && isMissed(mount, podman))
    return [place, { path, readOnly: binds.every(({ readOnly }) => readOnly), missed }] as const
  })
  return { permit: withPlaces(permit, held, socket, podman), places: new Map(sources) }
}

function aboveOf({ source, missing }: BindMount): string {
  return source.split('/').slice(0, -missing.length).join('/')
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
