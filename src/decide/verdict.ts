/** The answer to one operation. Only an allow carries a permit, and only a permit can be rewritten and forwarded. */
import type {
  ContainerOperation,
  ExecOperation,
  ImageOperation,
  NetworkOperation,
  Supported,
  VolumeOperation,
} from '../decode/operation.ts'
import type { NetworkConnect, NetworkCreate, NetworkDisconnect } from '../decode/operations/network.ts'
import type { Prune } from '../decode/operations/prune.ts'
import type { VolumeCreate } from '../decode/operations/volume.ts'
import type { SourcePolicy } from '../decode/buildkit/control.ts'
import type { Graph } from '../decode/buildkit/graph.ts'
import type {
  BuildConnect,
  BuildFrontend,
  BuildGraph,
  BuildSession,
  BuildSolve,
} from '../decode/operations/buildkit.ts'
import type { ImageBuild } from '../decode/operations/build.ts'
import type { ContainerList } from '../decode/operations/container.ts'
import type { ContainerCreate } from '../decode/operations/container-create.ts'
import type { ContainerExec } from '../decode/operations/exec.ts'
import type { ContainerUpdate } from '../decode/operations/container-update.ts'
import type { ImagePull } from '../decode/operations/image.ts'
import type { ContainerCommit } from '../decode/operations/commit.ts'
import type {
  ImageImport,
  ImageLoad,
  ImagePush,
  ImageSave,
  ImageSearch,
  ImageTag,
} from '../decode/operations/image-transfer.ts'
import type { HostDiagnostic } from '../decode/operations/host.ts'
import type { ContainerFacts, NetworkFacts } from '../resolve/facts.ts'
import type { Refusal } from '../shared/refusal.ts'
import type { BuildLimits, CreatePlan, LimitChanges } from './plans.ts'

/** The mark of a permit: there is no such value, so nobody can write one (decide/permit.ts). */
export declare const DECIDED: unique symbol

interface Decided {
  readonly [DECIDED]: true
}

export type Verdict<P extends AnyPermit = Permit> = Refused | Allowed<P>

/** Of any resource: an engine, the host. */
export type AnyPermit = Permit | HostPermit

export interface Refused {
  readonly effect: 'refuse'
  readonly subcommand: string
  readonly refusal: Refusal
  /** 403 by policy, 400 malformed; 404 where it must look as if the object did not exist, 409 where another call is at it, 503 as an engine without a swarm. */
  readonly status: 400 | 403 | 404 | 409 | 503
}

interface Allowed<P> {
  readonly effect: 'allow'
  readonly subcommand: string
  readonly rule: string
  readonly permit: P
}

/** A program of the host with its arguments. */
export interface HostPermit extends Decided {
  readonly on: 'host'
  readonly operation: HostDiagnostic
  /** Where the program may be; the first that is there is run. */
  readonly paths: readonly string[]
  readonly arguments: readonly string[]
}

export type Permit =
  | EnginePermit
  | ListPermit
  | ContainerListPermit
  | ContainerPermit
  | UpdatePermit
  | CreatePermit
  | ImagePermit
  | PullPermit
  | TagPermit
  | CommitPermit
  | ImportPermit
  | LoadPermit
  | PushPermit
  | SavePermit
  | SearchPermit
  | NetworkCreatePermit
  | NetworkPermit
  | NetworkMemberPermit
  | VolumeCreatePermit
  | VolumePermit
  | PrunePermit
  | BuildPermit
  | BuildConnectionPermit
  | SolvePermit
  | FrontendPermit
  | GraphPermit
  | ExecCreatePermit
  | ExecPermit

/** Something about the engine as a whole. */
export interface EnginePermit extends Decided {
  readonly on: 'engine'
  readonly operation: Extract<
    Supported,
    { kind: 'plugin.list' | 'system.ping' | 'system.version' | 'system.info' }
  >
}

/** A list, whose answer is narrowed to what is in reach. */
export interface ListPermit extends Decided {
  readonly on: 'list'
  readonly operation: Extract<
    Supported,
    { kind: 'image.list' | 'network.list' | 'volume.list' | 'system.df' | 'system.events' }
  >
}

/** A list of containers, which is asked for by what is in reach. */
export interface ContainerListPermit extends Decided {
  readonly on: 'container list'
  readonly operation: ContainerList
  /** Full ids of the containers that may be seen. */
  readonly containers: readonly string[]
  /** Ids of the images that containers were asked for by, as far as the worker may know of them; undefined where by none. */
  readonly ancestors: readonly string[] | undefined
}

export interface ContainerPermit extends Decided {
  readonly on: 'container'
  readonly operation: Exclude<ContainerOperation, ContainerUpdate | ContainerCommit>
  readonly container: ContainerFacts
  /** Redacted: what the CLI needs to know before logs or start, no environment, no mounts, no labels. */
  readonly view: 'full' | 'redacted'
}

export interface UpdatePermit extends Decided {
  readonly on: 'update'
  readonly operation: ContainerUpdate
  readonly container: ContainerFacts
  readonly changes: LimitChanges
  /** What it gets less of than was asked for, for its answer. */
  readonly warnings: readonly string[]
}

export interface CreatePermit extends Decided {
  readonly on: 'create'
  readonly operation: ContainerCreate
  readonly plan: CreatePlan
}

export interface ImagePermit extends Decided {
  readonly on: 'image'
  readonly operation: ImageOperation
  /** Its id. */
  readonly image: string
  /** What is sent for it: an id, or a name in full. */
  readonly reference: string
  /** Of a removal by id: names that are sent one by one in its place, since an engine would remove any that came meanwhile too. */
  readonly names: readonly string[]
  /** Of a removal: ids of own images below it that go too, the nearest first, where nothing else is built upon them. */
  readonly parents: readonly string[]
}

export interface PullPermit extends Decided {
  readonly on: 'pull'
  readonly operation: ImagePull
  readonly name: string
  /** Tag or digest. */
  readonly tag: string
  /** The name that it gets, in full, where that is not the one that is pulled. */
  readonly given: string | undefined
  /** What the registry has under the tag, once that was asked: the name on the host stays what it is. */
  readonly digest: string | undefined
}

export interface TagPermit extends Decided {
  readonly on: 'tag'
  readonly operation: ImageTag
  /** The id of the image. */
  readonly image: string
  /** In full. */
  readonly name: string
}

export interface CommitPermit extends Decided {
  readonly on: 'commit'
  readonly operation: ContainerCommit
  readonly container: ContainerFacts
  /** In full; undefined for an image without a name. */
  readonly name: string | undefined
}

export interface ImportPermit extends Decided {
  readonly on: 'import'
  readonly operation: ImageImport
  /** In full; undefined for an image without a name. */
  readonly name: string | undefined
}

/** The names in the archive are checked as it streams by. */
export interface LoadPermit extends Decided {
  readonly on: 'load'
  readonly operation: ImageLoad
}

export interface PushPermit extends Decided {
  readonly on: 'push'
  readonly operation: ImagePush
  /** In full, without tag. */
  readonly name: string
  /** Undefined for all tags of the name. */
  readonly tag: string | undefined
  /** Ids of images by the names that they get for as long as they are pushed, in full: of a worker with names of its own. */
  readonly given: ReadonlyMap<string, string>
}

export interface SavePermit extends Decided {
  readonly on: 'save'
  readonly operation: ImageSave
  /** Ids, or names in full. */
  readonly references: readonly string[]
}

export interface SearchPermit extends Decided {
  readonly on: 'search'
  readonly operation: ImageSearch
}

export interface NetworkCreatePermit extends Decided {
  readonly on: 'network create'
  readonly operation: NetworkCreate
}

export interface NetworkPermit extends Decided {
  readonly on: 'network'
  readonly operation: Exclude<NetworkOperation, NetworkConnect | NetworkDisconnect>
  readonly network: NetworkFacts
}

export interface NetworkMemberPermit extends Decided {
  readonly on: 'network member'
  readonly operation: NetworkConnect | NetworkDisconnect
  readonly network: NetworkFacts
  readonly container: ContainerFacts
}

export interface VolumeCreatePermit extends Decided {
  readonly on: 'volume create'
  readonly operation: VolumeCreate
}

export interface VolumePermit extends Decided {
  readonly on: 'volume'
  readonly operation: VolumeOperation
}

export interface ExecCreatePermit extends Decided {
  readonly on: 'exec create'
  readonly operation: ContainerExec
  readonly container: ContainerFacts
}

/** What is done with an exec that this worker made. */
export interface ExecPermit extends Decided {
  readonly on: 'exec'
  readonly operation: ExecOperation
}

export interface BuildPermit extends Decided {
  readonly on: 'build'
  readonly operation: ImageBuild
  /** References in full. */
  readonly tags: readonly string[]
  readonly limits: BuildLimits
}

/** A connection of BuildKit's: by the one a client asks, by the other it is asked. */
export interface BuildConnectionPermit extends Decided {
  readonly on: 'build connection'
  readonly operation: BuildConnect | BuildSession
}

/** A build by BuildKit. */
export interface SolvePermit extends Decided {
  readonly on: 'solve'
  readonly operation: BuildSolve
  /** References in full, which the gate gives when the image is there. */
  readonly tags: readonly string[]
  /** What the engine takes images from. */
  readonly sources: SourcePolicy
}

/** The reading of a Dockerfile. */
export interface FrontendPermit extends Decided {
  readonly on: 'frontend'
  readonly operation: BuildFrontend
  /** Options as they are sent. */
  readonly options: ReadonlyMap<string, string>
  /** As they are sent. */
  readonly inputs: ReadonlyMap<string, Graph>
}

/** The graph of a build, as it is sent. */
export interface GraphPermit extends Decided {
  readonly on: 'graph'
  readonly operation: BuildGraph
  readonly graph: Graph
}

/** Own things that are not in use; which they are is looked up when it is carried out. */
export interface PrunePermit extends Decided {
  readonly on: 'prune'
  readonly operation: Prune
}
