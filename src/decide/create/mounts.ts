/** Mounts of a new container: binds under an allowed root, own volumes, tmpfs with a size. */
import { countMounts, type ContainerCreate } from '../../decode/operations/container-create.ts'
import { MOST_MOUNTS, type BindMount, type TmpfsMount } from '../../decode/operations/mounts.ts'
import { isGuarded } from '../../decode/operations/guarded.ts'
import type { BindFacts, Facts } from '../../resolve/facts.ts'
import { meansDockerSocket } from '../../policy/docker-socket.ts'
import type { BindRoot, RunPolicy } from '../../policy/policy.ts'
import type { PlannedMount, SocketMount } from '../plans.ts'
import { ONCE_MORE, type Violation } from '../refuse.ts'
import type { PlanFacts } from './facts.ts'
import { planImageMount } from './images.ts'
import { atMost } from './limits.ts'
import { planVolume } from './volumes.ts'

/** The mounts as they are sent: binds with real sources, tmpfs with sizes. */
export function planMounts(
  run: RunPolicy,
  operation: ContainerCreate,
  facts: Pick<PlanFacts, 'engine' | 'fromImage' | 'images' | 'others' | 'paths' | 'roots' | 'volumes'>,
  violations: Violation[],
): readonly PlannedMount[] {
  const { fromImage } = facts
  if (fromImage !== undefined && fromImage.named === undefined) {
    const why = 'it is not known how many volumes its image names'
    violations.push({ rule: 'run.mounts', what: 'volumes of the image', why, instead: [ONCE_MORE] })
    return []
  }
  // Those of the image an engine makes one after the other for every container: thousands keep all others waiting.
  const ofImage = fromImage?.named?.volumes ?? 0
  const count = countMounts(operation) + sharedBinds(operation, facts).length + ofImage
  if (count > MOST_MOUNTS) {
    violations.push({
      rule: 'run.mounts',
      what: `${count} mounts`,
      why: `a container may have ${MOST_MOUNTS}, volumes of its image and those of other containers among them`,
      instead: ['a mount of the directory that they are in'],
    })
    return []
  }
  checkPlaces(operation, fromImage?.named?.guarded, violations)
  return operation.mounts.map((mount) => {
    switch (mount.type) {
      case 'bind':
        return meansDockerSocket(run, mount.source)
          ? planSocket(run, mount, facts, violations)
          : planBind(run, mount, facts, violations)
      case 'volume':
        return planVolume(mount, facts, violations)
      case 'image':
        return planImageMount(run, mount, facts, violations)
      case 'tmpfs':
        return planTmpfs(run, mount)
    }
  })
}

/** @param ofImage a volume of its image that can't be */
function checkPlaces(
  { mounts, config }: ContainerCreate,
  ofImage: string | undefined,
  violations: Violation[],
): void {
  const places = [
    ...mounts.map(({ at, target }) => ({ what: `${at} on ${target}`, target })),
    ...[...(config.Volumes?.keys() ?? [])].map((target) => ({ what: `Volumes = ${target}`, target })),
    ...(ofImage === undefined ? [] : [{ what: `VOLUME ${ofImage} of the image`, target: ofImage }]),
  ]
  for (const { what, target } of places) {
    if (!isGuarded(target)) continue
    const why = 'runtimes make this place themselves, and trust what is there'
    violations.push({ rule: 'run.mounts', what, why, instead: ['another place in the container: /data'] })
  }
}

/** What is in the container is the same worker: of the engine's own socket no policy gives anything. */
function planSocket(
  { dockerSocket }: RunPolicy,
  { at, source, target, readOnly }: BindMount,
  { engine }: Pick<Facts, 'engine'>,
  violations: Violation[],
): SocketMount {
  const refused = (why: string, instead: readonly string[]): void => {
    violations.push({ rule: 'run.docker_socket', what: `${at} = ${source}:${target}`, why, instead })
  }
  if (dockerSocket !== 'own') refused(SOCKET_OFF, WITHOUT_SOCKET)
  else if (engine.rootless)
    refused("the engine runs rootless, and can't reach what the gate mounts for it", WITHOUT_SOCKET)
  return { type: 'socket', at, target, readOnly, place: '' }
}

const SOCKET_OFF =
  "a policy with run.docker_socket: own would mount the worker's own socket there; this one has not"
/** Testcontainers' reaper mounts it for no more than to clean up. */
const WITHOUT_SOCKET = ['TESTCONTAINERS_RYUK_DISABLED=true', 'the same without this mount']

function planBind(
  run: RunPolicy,
  mount: BindMount,
  facts: Pick<Facts, 'engine' | 'paths' | 'roots'>,
  violations: Violation[],
): BindMount {
  const path = facts.paths.get(mount.source)
  const refused = (why: string, alternatives: readonly string[] = bindAlternatives(run)): BindMount => {
    violations.push({
      rule: 'run.binds',
      what: `${mount.at} = ${mount.source}:${mount.target}`,
      why,
      instead: alternatives,
    })
    return mount
  }
  const root = path?.found === true ? rootOf(run, path.real, facts) : undefined
  if (path?.found === false && path.why === 'missing' && path.end !== undefined && mount.create) {
    const made = planMissing(run, mount, path.end, facts)
    if (made !== undefined) return made
  }
  if (path?.found !== true || root === undefined) {
    if (isUnderMoved(run, mount.source, facts)) return refused(MOVED, [])
    // The same words whether a link leads out or nowhere: which paths of the host exist is not told.
    return run.binds.some((candidate) => isUnder(mount.source, candidate.path))
      ? refused(`${mount.source} is missing there, or leads elsewhere`, [`mkdir ${mount.source}`])
      : refused(`${mount.source} is outside the directories that this worker may mount`)
  }
  if (root.mode === 'ro' && !mount.readOnly) {
    return refused(`${root.path} may only be mounted read-only`, [`-v ${mount.source}:${mount.target}:ro`])
  }
  // What is held for an engine of root's is in reach of no other.
  if (facts.engine.rootless && !isBindRoot(run, path.real, facts)) {
    const why = `the engine runs rootless, and can't reach what the gate holds for it: below ${root.path} nothing is mounted`
    const suffix = root.mode === 'ro' ? ':ro' : ''
    return refused(why, [`-v ${root.path}:${mount.target}${suffix}`, 'a named volume: -v NAME:/work'])
  }
  // In a bind's text form a colon would end the source.
  if (mount.field === 'Binds' && path.real.includes(':'))
    return refused('its real path has a colon', ['--mount type=bind,...'])
  return { ...mount, source: path.real }
}

/** A source that is to be made, as an engine would make it of root's: below a root in which the worker may write. */
function planMissing(
  run: RunPolicy,
  mount: BindMount,
  { above, names }: { readonly above: string; readonly names: readonly string[] },
  facts: Pick<Facts, 'engine' | 'roots'>,
): BindMount | undefined {
  const root = rootOf(run, above, facts)
  const source = [above, ...names].join('/')
  const isText = mount.field === 'Binds' && source.includes(':')
  if (root?.mode !== 'rw' || facts.engine.rootless || isText) return undefined
  return { ...mount, source, missing: names }
}

/** True for a root itself, by its path without links: nobody but the operator can replace it. */
export function isBindRoot(run: RunPolicy, source: string, facts: Pick<Facts, 'roots'>): boolean {
  return run.binds.some((root) => realRoot(root, facts) === source)
}

/** Whether a path begins with a root that is no longer what the operator meant. */
function isUnderMoved(run: RunPolicy, path: string, facts: Pick<Facts, 'roots'>): boolean {
  return run.binds.some((root) => {
    const now = facts.roots.get(root.path)
    return isUnder(path, root.path) && now?.found === false && now.why === 'moved'
  })
}

const MOVED = "nothing is mounted from this root for now: the gate's log tells the operator why"

function bindAlternatives(run: RunPolicy): readonly string[] {
  const [root] = run.binds
  const bind = root === undefined ? [] : [`-v ${root.path}/DIR:/work${root.mode === 'ro' ? ':ro' : ''}`]
  return [...bind, 'a named volume: -v NAME:/work']
}

/** The root that a real path is under: of several, the innermost, whose mode counts. */
function rootOf(run: RunPolicy, real: string, facts: Pick<Facts, 'roots'>): BindRoot | undefined {
  const lengthOf = (root: BindRoot): number => realRoot(root, facts)?.length ?? 0
  const around = run.binds.filter((root) => isUnder(real, realRoot(root, facts)))
  return around.toSorted((one, other) => lengthOf(other) - lengthOf(one))[0]
}

function realRoot(root: BindRoot, facts: Pick<Facts, 'roots'>): string | undefined {
  const path = facts.roots.get(root.path)
  return path?.found === true ? path.real : undefined
}

function isUnder(path: string, root: string | undefined): boolean {
  return root !== undefined && (path === root || path.startsWith(`${root}/`))
}

/** What is in it is the container's memory. */
function planTmpfs({ limits }: RunPolicy, mount: TmpfsMount): TmpfsMount {
  return { ...mount, size: atMost(mount.size, limits.tmpfs) }
}

/**
 * What a container was given that is outside the bind roots as they are now; undefined where nothing is.
 * @param readOnly whether all of it is mounted read-only, whatever it was
 */
export function outsideRoots(
  run: RunPolicy,
  binds: readonly BindFacts[],
  facts: Pick<Facts, 'roots'>,
  readOnly = false,
): Violation | undefined {
  for (const bind of binds) {
    if (bind.ownSocket) {
      if (run.dockerSocket === 'own') continue
      const what = "mount of the worker's own socket"
      return { rule: 'run.docker_socket', what, why: SOCKET_GONE, instead: ['a new container, without it'] }
    }
    // What is held nowhere must be a root itself, which nobody but the operator can replace.
    const root =
      bind.origin === undefined
        ? run.binds.find((candidate) => realRoot(candidate, facts) === bind.source)
        : rootOf(run, bind.origin, facts)
    const path = bind.origin ?? bind.source
    const what = `bind of ${path}`
    if (root === undefined && isUnderMoved(run, path, facts))
      return { rule: 'run.binds', what, why: MOVED, instead: [] }
    if (root === undefined) {
      const why =
        rootOf(run, path, facts) === undefined
          ? `${path} is outside the directories that this worker may mount by now`
          : `${path} is below a root by now, and was not held fast when the container was made`
      return { rule: 'run.binds', what, why, instead: ['a new container, with what may be mounted'] }
    }
    if (root.mode === 'ro' && !readOnly && !bind.readOnly) {
      const why = `${root.path} may only be mounted read-only by now`
      return { rule: 'run.binds', what, why, instead: ['a new container, with :ro'] }
    }
  }
  return undefined
}

const SOCKET_GONE = "the policy mounts the worker's own socket in no container by now"

/** Containers whose mounts are shared, as they are sent: full ids of own ones. */
export function planVolumesFrom(
  run: RunPolicy,
  operation: ContainerCreate,
  facts: Pick<Facts, 'others' | 'roots'>,
  violations: Violation[],
): readonly string[] {
  return operation.volumesFrom.map(({ container, readOnly }) => {
    const other = facts.others.get(container)
    if (other?.owner === 'self' && other.made?.mounts.some(({ type }) => type === 'image') === true) {
      violations.push({
        rule: 'run.volumes',
        what: `HostConfig.VolumesFrom = ${container}`,
        why: 'what it has of an image an engine keeps for that container alone',
        instead: ['--mount type=image in both containers'],
      })
    }
    if (other?.owner === 'self') {
      const outside = outsideRoots(run, other.binds, facts, readOnly)
      if (outside !== undefined)
        violations.push({ ...outside, what: `HostConfig.VolumesFrom = ${container}` })
      return `${other.id}${readOnly ? ':ro' : ''}`
    }
    violations.push({
      rule: 'run.volumes',
      what: `HostConfig.VolumesFrom = ${container}`,
      why: 'mounts are shared between own containers only',
      instead: ['a named volume in both containers'],
    })
    return container
  })
}

/** Binds that come with the mounts of other containers: an engine mounts them anew for this one. */
export function sharedBinds(
  operation: ContainerCreate,
  facts: Pick<Facts, 'others'>,
): readonly { readonly source: string; readonly readOnly: boolean; readonly at: string }[] {
  return operation.volumesFrom.flatMap(({ container, readOnly }) =>
    (facts.others.get(container)?.binds ?? []).map((bind) => ({
      source: bind.source,
      readOnly: readOnly || bind.readOnly,
      at: `HostConfig.VolumesFrom = ${container}`,
    })),
  )
}
