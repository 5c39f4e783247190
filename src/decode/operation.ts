/** What a request asks for: a closed union of plain data. Whoever handles it switches over `kind`. */
import type { ContainerCreate } from './operations/container-create.ts'
import type {
  ContainerAttach,
  ContainerChanges,
  ContainerExport,
  ContainerInspect,
  ContainerKill,
  ContainerList,
  ContainerLogs,
  ContainerPause,
  ContainerRemove,
  ContainerRename,
  ContainerResize,
  ContainerRestart,
  ContainerStart,
  ContainerStats,
  ContainerStop,
  ContainerTop,
  ContainerUnpause,
  ContainerWait,
} from './operations/container.ts'
import type { ContainerUpdate } from './operations/container-update.ts'
import type { ImageBuild } from './operations/build.ts'
import type {
  BuildConnect,
  BuildFrontend,
  BuildGraph,
  BuildSession,
  BuildSolve,
} from './operations/buildkit.ts'
import type { ImageHistory, ImageInspect, ImageList, ImagePull, ImageRemove } from './operations/image.ts'
import type { ContainerExec, ExecInspect, ExecResize, ExecStart } from './operations/exec.ts'
import type { ContainerArchiveGet, ContainerArchivePut } from './operations/archive.ts'
import type { ContainerAttachWebSocket } from './operations/attach-websocket.ts'
import type { ContainerCommit } from './operations/commit.ts'
import type {
  ImageImport,
  ImageLoad,
  ImagePush,
  ImageSave,
  ImageSearch,
  ImageTag,
} from './operations/image-transfer.ts'
import type {
  NetworkConnect,
  NetworkCreate,
  NetworkDisconnect,
  NetworkInspect,
  NetworkList,
  NetworkRemove,
} from './operations/network.ts'
import type { CommandLine, HostDiagnostic } from './operations/host.ts'
import type { Prune } from './operations/prune.ts'
import type { VolumeCreate, VolumeInspect, VolumeList, VolumeRemove } from './operations/volume.ts'
import type {
  SystemDiskUsage,
  SystemEvents,
  PluginList,
  SystemInfo,
  SystemPing,
  SystemVersion,
} from './operations/system.ts'
import type { Finding } from './fields.ts'

/** An operation on one container that the client names by name, id or the start of an id. */
export type ContainerOperation =
  | ContainerArchiveGet
  | ContainerArchivePut
  | ContainerAttach
  | ContainerAttachWebSocket
  | ContainerChanges
  | ContainerCommit
  | ContainerExport
  | ContainerInspect
  | ContainerKill
  | ContainerLogs
  | ContainerPause
  | ContainerRemove
  | ContainerRename
  | ContainerResize
  | ContainerRestart
  | ContainerStart
  | ContainerStats
  | ContainerStop
  | ContainerTop
  | ContainerUnpause
  | ContainerUpdate
  | ContainerWait

/** An operation on one image that the client names by reference or id. */
export type ImageOperation = ImageHistory | ImageInspect | ImageRemove

/** An operation on one volume or network that is there. */
export type VolumeOperation = VolumeInspect | VolumeRemove
export type NetworkOperation = NetworkConnect | NetworkDisconnect | NetworkInspect | NetworkRemove

/** The removal of one thing. */
export type Removal = ContainerRemove | ImageRemove | NetworkRemove | VolumeRemove

/** An endpoint that is known by name and never granted. */
export interface Unsupported {
  readonly kind: 'unsupported'
  /** The engine's own name of the operation, `SwarmInit`. */
  readonly endpoint: string
  /** What a person would type for it. */
  readonly words: string
  readonly why: string
  readonly instead: readonly string[]
}

/** A request that no endpoint answers to, or that is spelt as no honest client spells it. */
export interface Malformed {
  readonly kind: 'malformed'
  readonly what: string
  readonly why: string
  /** 404 for a path that is not there, 400 for anything else. */
  readonly status: 400 | 404
}

/** An operation on an exec, by its id. */
export type ExecOperation = ExecInspect | ExecResize | ExecStart

/** What is asked of BuildKit. */
export type BuildOperation = BuildConnect | BuildFrontend | BuildGraph | BuildSession | BuildSolve

export type Supported =
  | BuildOperation
  | ContainerExec
  | ExecOperation
  | ContainerCreate
  | ContainerList
  | ContainerOperation
  | ImageBuild
  | ImageImport
  | ImageList
  | ImageLoad
  | ImageOperation
  | ImagePull
  | ImagePush
  | ImageSave
  | ImageSearch
  | ImageTag
  | NetworkCreate
  | NetworkList
  | NetworkOperation
  | Prune
  | SystemDiskUsage
  | SystemEvents
  | PluginList
  | SystemInfo
  | SystemPing
  | SystemVersion
  | VolumeCreate
  | VolumeList
  | VolumeOperation

/** An operation that names a container, beside what else it is about. */
export type OnContainer = Extract<Supported, { readonly container: string }>

export type Operation = Supported | Unsupported | Malformed
export type OperationKind = Operation['kind']

/** All that the record has entries of: what is asked of an engine, of the host, and lines that are refused as such. */
export type Recorded = Operation | HostDiagnostic | CommandLine
export type RecordedKind = Recorded['kind']

/** A decoded request: the operation, the version the client speaks, and what no policy can let through. */
export interface Decoded {
  readonly operation: Operation
  /** Minor API version of the request, undefined where the path has none. */
  readonly minor: number | undefined
  readonly findings: readonly Finding[]
  /** What the request goes on without, as no version of the API has it. */
  readonly leftOut: readonly string[]
}
