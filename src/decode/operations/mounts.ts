/** Mounts of a new container, in one form whichever way they were asked for: Binds, Mounts, Volumes or Tmpfs. */
import { posix } from 'node:path'
import { parseSize } from '../../shared/sizes.ts'
import { FieldError, type Finding, type Read } from '../fields.ts'
import { volumeName } from './volume.ts'
import type { containerCreateBody } from './container-create-body.ts'

export type Mount = BindMount | VolumeMount | TmpfsMount | ImageMount

interface MountPoint {
  /** The field it came from, `HostConfig.Binds[0]`; it is sent in the same field. */
  readonly at: string
  readonly field: 'Binds' | 'Mounts' | 'Tmpfs'
  /** Absolute path in the container. */
  readonly target: string
  readonly readOnly: boolean
}

export interface BindMount extends MountPoint {
  readonly type: 'bind'
  /** Absolute path on the host, as written. */
  readonly source: string
  /** Whether a folder is made where there is none. */
  readonly create: boolean
  /** Names of folders that are to be made, the lowest last. */
  readonly missing: readonly string[]
  readonly relabel: 'z' | 'Z' | undefined
  readonly nonRecursive: boolean
  readonly forceReadOnly: boolean
}

export interface VolumeMount extends MountPoint {
  readonly type: 'volume'
  /** The volume's name, or undefined for an anonymous one. */
  readonly source: string | undefined
  readonly noCopy: boolean
  readonly labels: ReadonlyMap<string, string>
  /** What of it is mounted: names with `/` between them, or undefined for all of it. */
  readonly subpath: string | undefined
}

/** What is in an image, which an engine never mounts to write. */
export interface ImageMount extends MountPoint {
  readonly type: 'image'
  /** The image's name or id as written. */
  readonly source: string
  /** As of a volume. */
  readonly subpath: string | undefined
}

export interface TmpfsMount extends MountPoint {
  readonly type: 'tmpfs'
  /** Bytes, or undefined where none is given. */
  readonly size: number | undefined
  readonly mode: number | undefined
  /** Options of HostConfig.Tmpfs as they are written, each known to be harmless. */
  readonly options: readonly string[]
}

/** Each is a mount on the host, and most are something to look up or to make before the container is. */
export const MOST_MOUNTS = 64

type Body = Read<typeof containerCreateBody>
type HostConfig = NonNullable<Body['HostConfig']>
type MountField = NonNullable<HostConfig['Mounts']>[number]

const NO_LABELS: ReadonlyMap<string, string> = new Map()

/** All mounts that a HostConfig asks for. What no policy allows goes into `findings`. */
export function readMounts(host: HostConfig, findings: Finding[]): readonly Mount[] {
  return [
    ...(host.Binds ?? []).map((bind, index) => readBind(bind, `HostConfig.Binds[${index}]`, findings)),
    ...(host.Mounts ?? []).map((mount, index) => readMount(mount, `HostConfig.Mounts[${index}]`, findings)),
    ...[...(host.Tmpfs ?? [])].map(([target, options]) => readTmpfs(target, options, findings)),
  ]
}

/** `/srv/data:/data:ro`, `name:/data` or `/data` (moby, volume/mounts/linux_parser.go). */
function readBind(bind: string, at: string, findings: Finding[]): Mount {
  const parts = bind.split(':')
  const [source, target] = parts.length === 1 ? [undefined, parts[0]] : parts
  if (parts.length > 3 || target === undefined || source === '')
    throw new FieldError(`${at} must be SOURCE:TARGET[:OPTIONS]`)
  const options = new Set((parts[2] ?? '').split(',').filter((option) => option !== ''))
  const point = { at, field: 'Binds' as const, target: absolute(target, at), readOnly: options.delete('ro') }
  options.delete('rw')
  const noCopy = options.delete('nocopy')
  const relabel = options.delete('Z') ? 'Z' : options.delete('z') ? 'z' : undefined
  for (const harmless of ['private', 'rprivate', 'consistent', 'cached', 'delegated'])
    options.delete(harmless)
  for (const option of options)
    findings.push({ what: `${at} = ${bind}`, why: `the option ${option} is not given to workers` })
  if (source?.startsWith('/') === true) {
    return {
      type: 'bind',
      ...point,
      source: posix.normalize(source),
      create: true,
      missing: [],
      relabel,
      nonRecursive: false,
      forceReadOnly: false,
    }
  }
  return {
    type: 'volume',
    ...point,
    source: volumeName(source, at),
    noCopy,
    labels: NO_LABELS,
    subpath: undefined,
  }
}

function readMount(mount: MountField, at: string, findings: Finding[]): Mount {
  const point = {
    at,
    field: 'Mounts' as const,
    target: absolute(mount.Target ?? '', at),
    readOnly: mount.ReadOnly ?? false,
  }
  const propagation = mount.BindOptions?.Propagation ?? ''
  if (!['', 'private', 'rprivate'].includes(propagation)) {
    findings.push({
      what: `${at}.BindOptions.Propagation = ${propagation}`,
      why: 'mounts would pass between host and container',
    })
  }
  switch (mount.Type ?? '') {
    case 'bind':
      return {
        type: 'bind',
        ...point,
        source: absolute(mount.Source ?? '', at),
        create: mount.BindOptions?.CreateMountpoint === true,
        missing: [],
        relabel: undefined,
        nonRecursive: mount.BindOptions?.NonRecursive ?? false,
        forceReadOnly: mount.BindOptions?.ReadOnlyForceRecursive ?? false,
      }
    case 'volume': {
      const source = volumeName(mount.Source, at)
      const subpath = readSubpath(mount.VolumeOptions?.Subpath, `${at}.VolumeOptions.Subpath`)
      if (source === undefined && subpath !== undefined)
        throw new FieldError(`${at}: must not set Subpath when using anonymous volumes`)
      return {
        type: 'volume',
        ...point,
        source,
        noCopy: mount.VolumeOptions?.NoCopy ?? false,
        labels: mount.VolumeOptions?.Labels ?? NO_LABELS,
        subpath,
      }
    }
    case 'image': {
      const source = mount.Source ?? ''
      if (source === '') throw new FieldError(`${at}.Source must name an image`)
      const subpath = readSubpath(mount.ImageOptions?.Subpath, `${at}.ImageOptions.Subpath`)
      return { type: 'image', ...point, source, subpath }
    }
    case 'tmpfs': {
      const { SizeBytes: size, Mode: mode } = mount.TmpfsOptions ?? {}
      return { type: 'tmpfs', ...point, size: positive(size), mode, options: [] }
    }
    default:
      throw new FieldError(
        `${at}.Type must be bind, volume, tmpfs or image, not ${JSON.stringify(mount.Type ?? '')}`,
      )
  }
}

const TMPFS_OPTION =
  /^(?:ro|rw|exec|noexec|nosuid|nodev|noatime|mode=[0-7]{3,4}|[ug]id=[0-9]{1,9}|nr_inodes=[0-9]{1,9})$/

function readTmpfs(target: string, text: string, findings: Finding[]): TmpfsMount {
  const at = `HostConfig.Tmpfs.${target}`
  const point = { at, field: 'Tmpfs' as const, target: absolute(target, at) }
  const options = text.split(',').filter((option) => option !== '')
  const size = options.filter((option) => option.startsWith('size=')).at(-1)
  for (const option of options) {
    if (!option.startsWith('size=') && !TMPFS_OPTION.test(option))
      findings.push({ what: `${at} = ${text}`, why: `the option ${option} is not given to workers` })
  }
  return {
    type: 'tmpfs',
    ...point,
    readOnly: options.includes('ro'),
    size: size === undefined ? undefined : positive(tmpfsSize(size.slice(5), at)),
    mode: undefined,
    options,
  }
}

/** Bytes of a tmpfs: `16m`. */
function tmpfsSize(text: string, at: string): number {
  const bytes = parseSize(text)
  if (bytes === undefined) throw new FieldError(`${at}: ${JSON.stringify(text)} is not a size; write 64m`)
  return bytes
}

const LONGEST_SUBPATH = 1024

/** What of a volume or an image is mounted. @throws {FieldError} for what is not plainly below it */
function readSubpath(subpath: string | undefined, at: string): string | undefined {
  if (subpath === undefined || subpath === '') return undefined
  const names = subpath.split('/')
  const isPlain = names.every((name) => !['', '.', '..'].includes(name)) && !subpath.includes('\0')
  if (!isPlain || subpath.length > LONGEST_SUBPATH)
    throw new FieldError(`${at}: ${JSON.stringify(subpath)} is not a plain path below it: data/today`)
  return subpath
}

function positive(size: number | undefined): number | undefined {
  return size === undefined || size <= 0 ? undefined : size
}

function absolute(path: string, at: string): string {
  if (!path.startsWith('/')) throw new FieldError(`${at}: ${JSON.stringify(path)} is not an absolute path`)
  return posix.normalize(path)
}
