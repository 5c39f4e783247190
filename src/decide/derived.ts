/** Permits that follow from one: what was decided is carried out in more steps than one, or by names that were found out since. */
import type { BindMount } from '../decode/operations/mounts.ts'
import type { ContainerRestart } from '../decode/operations/container.ts'
import { permitting } from './permit.ts'
import type { ContainerPermit, CreatePermit, ImagePermit, PullPermit } from './verdict.ts'

/**
 * The create with bind sources replaced by the places that hold them. An engine that starts it by itself, after a reboot, is not to make
 * a folder where a place is missing: as an object of `Mounts` it is missed.
 * @param places by source
 * @param socket where the worker's own socket is; undefined where none is mounted
 * @param podman whether it is Podman, to which each goes in the field that it was asked for in
 */
export function withPlaces(
  permit: CreatePermit,
  places: ReadonlyMap<string, string>,
  socket: string | undefined,
  podman: boolean,
): CreatePermit {
  const { plan } = permit
  const placeOf = (source: string): string => places.get(source) ?? source
  const sockets = plan.mounts.flatMap((mount) =>
    mount.type === 'socket' && socket !== undefined ? [{ source: socket, readOnly: mount.readOnly }] : [],
  )
  return permitting<CreatePermit>({
    ...permit,
    plan: {
      ...plan,
      mounts: plan.mounts.map((mount) => {
        if (mount.type === 'socket') return { ...mount, place: socket ?? '' }
        return mount.type === 'bind' ? atPlace(mount, placeOf(mount.source), podman) : mount
      }),
      binds: [...plan.binds.map((bind) => ({ ...bind, source: placeOf(bind.source) })), ...sockets],
    },
  })
}

function atPlace(mount: BindMount, source: string, podman: boolean): BindMount {
  if (source === mount.source) return mount
  return { ...mount, source, field: isMissed(mount, podman) ? 'Mounts' : mount.field }
}

/** Whether an engine misses it where what holds its source is not there: only a bind says that it is to be relabelled. */
export function isMissed({ relabel }: BindMount, podman: boolean): boolean {
  return !podman && relabel === undefined
}

/** The removal of an image, as removals of its names one by one; as it is where it has none. */
export function nameByName(permit: ImagePermit): readonly ImagePermit[] {
  if (permit.names.length === 0) return [permit]
  return permit.names.map((reference) => permitting<ImagePermit>({ ...permit, reference }))
}

/** The pull of what the registry has under the tag now. @param digest `sha256:…` */
export function byDigest(permit: PullPermit, digest: string): PullPermit {
  return permitting<PullPermit>({ ...permit, digest })
}

/** The stop that a restart begins with. */
export function asStop(permit: ContainerPermit, operation: ContainerRestart): ContainerPermit {
  return permitting<ContainerPermit>({ ...permit, operation: { ...operation, kind: 'container.stop' } })
}

/** The restart, with a stop of at most so many seconds. */
export function stoppingWithin(
  permit: ContainerPermit,
  operation: ContainerRestart,
  t: number,
): ContainerPermit {
  return permitting<ContainerPermit>({
    ...permit,
    operation: { ...operation, parameters: { ...operation.parameters, t } },
  })
}
