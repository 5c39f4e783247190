/** What is true of the objects that an operation names, looked up once; the decision is made on this and nothing else. */
import type { HostPath } from '../files/host-path.ts'
import type { BuildSalts } from '../world/builds.ts'
import type { EngineFacts } from '../world/engine-facts.ts'
import type { Usage } from '../world/usage.ts'
import type { ContainerCreate } from '../decode/operations/container-create.ts'
import type { ContainerExec } from '../decode/operations/exec.ts'
import type { Operation, OperationKind } from '../decode/operation.ts'
import type { NamedByImage } from '../world/known-images.ts'

export interface ContainerFacts {
  /** Full id, 64 hexadecimal digits. */
  readonly id: string
  /** As the engine has it. */
  readonly name: string
  /** What the worker calls it: of its own, as it named it. */
  readonly word: string
  /** The name by which a policy means it: of the operator's the one that the operator gave it, whatever a worker called it since. */
  readonly policyName: string
  /** The worker's own, or one of the operator's that the policy names. */
  readonly owner: 'self' | 'operator'
  readonly running: boolean
  /** Its own limits, as the gate set them; 0 for the operator's. Bytes and nano-CPUs. */
  readonly memory: number
  readonly nanoCpus: number
  readonly binds: readonly BindFacts[]
  /** Whether it was ever started. */
  readonly started: boolean
  /** The create that makes the same; undefined for the operator's, and where it is not known. */
  readonly made: ContainerCreate | undefined
}

/** An exec that this worker made, in a container that it may still reach. */
export interface ExecFacts {
  readonly container: ContainerFacts
  /** How it was made; undefined once it was started. */
  readonly made: ContainerExec | undefined
}

/** A bind mount of a container. */
export interface BindFacts {
  /** The real path on the host that an engine mounts, as it was when the container was made. */
  readonly source: string
  /** What is held fast there, where the gate holds something; undefined where the source is what it was asked for. */
  readonly origin: string | undefined
  /** Whether it is the socket of the container's own worker, which has no source that could be asked for. */
  readonly ownSocket: boolean
  readonly readOnly: boolean
  /** Whether it is held again after a reboot, before an engine can mount anything else: by the record of what the container was made with. */
  readonly heldAgain: boolean
}

export interface ImageFacts {
  /** `sha256:…` */
  readonly id: string
  /** Every full name that it goes by, `docker.io/library/alpine:3`. */
  readonly names: readonly string[]
  /** Digests that it goes by in the repositories of its names, beside its id. */
  readonly digests: readonly string[]
  /** Brought here by this worker: its pull, build, commit, import or load. */
  readonly own: boolean
  /** Whether a container in reach that the worker may inspect is made of it: what that is told of names it. */
  readonly shown: boolean
  /** The names that this worker gave it; others are not its own. */
  readonly ownNames: readonly string[]
  /** Those that another worker gives it at this moment, or has for as long as it pushes it. */
  readonly hidden: readonly string[]
  /** Characters of its labels. */
  readonly labels: number
  /** The compose project in its labels, as a container of it is to have that: what an image hands down means nobody else's. */
  readonly project: string | undefined
  /** Names of its labels that programs of the host act on. */
  readonly actedOn: readonly string[]
  /** What it names for each of its containers; undefined where that is not known. */
  readonly named: NamedByImage | undefined
  /** Ids of the nameless images below it, the nearest first, as far as they are the worker's. */
  readonly ownParents: readonly string[]
}

/** Whose a volume name is: to be made, the worker's, the worker's and in use by another call, or somebody else's. */
export type VolumeOwner = 'nobody' | 'self' | 'inUse' | 'other'

/** Whose a name of an image is: free, the worker's, or somebody else's, who may be giving it at this moment. */
export type NameOwner = 'nobody' | 'self' | 'other'

export interface NetworkFacts {
  readonly id: string
  /** As the engine has it. */
  readonly name: string
  /** What the worker calls it: of its own, as it named it. */
  readonly word: string
  /** The worker's own, one of the operator's that the policy names, or one that every engine has. */
  readonly owner: 'self' | 'operator' | 'engine'
}

/** What keeps a worker's builds apart from those of others. */
export interface BuildFacts {
  readonly salts: BuildSalts
  /** Ids of its sessions, as the engine knows them. */
  readonly sessions: ReadonlySet<string>
  /** Digests of steps that came of its Dockerfiles, as they were sent. */
  readonly steps: ReadonlySet<string>
  /** Builds of its that go on. */
  readonly running: number
}

/** All that there is to know. Of each operation a part of it is looked up (`Resolved`), and no more is there for its decision. */
export interface Facts {
  readonly engine: EngineFacts
  /** The container that the operation is on; undefined if none in reach goes by that name. */
  readonly container: ContainerFacts | undefined
  /** Whether another call is changing the limits of that container. */
  readonly updating: boolean
  /** Whether another call is giving that container, one of the operator's, a name, or was, and it is not known what came of it. */
  readonly renaming: boolean
  /** Whether the name that a create or a rename gives is one by which a policy, or what a worker renamed, means a container of the operator's. */
  readonly nameMeant: boolean
  readonly exec: ExecFacts | undefined
  /** Other containers that a create or a connect names (network, pid, ipc, volumes-from, links), and that theirs named; those in reach. */
  readonly others: ReadonlyMap<string, ContainerFacts>
  /** The image that the operation is on, if the engine has it. */
  readonly image: ImageFacts | undefined
  /** The network that the operation is on, or undefined if none in reach goes by that name. */
  readonly network: NetworkFacts | undefined
  /** Networks that a create, or that of a container which is there, names; those in reach. */
  readonly networks: ReadonlyMap<string, NetworkFacts>
  /** Whether a network of the name that a create gives is there, whosever it is, or is meant by a policy. */
  readonly networkTaken: boolean
  /** Images that a save, a graph of a build, the filter of a list or the mounts of a create name, by the name as written; of a push the own ones, by the name that is pushed. */
  readonly images: ReadonlyMap<string, ImageFacts>
  /** Whose the image names are that the operation gives or sends, by the name as written. */
  readonly names: ReadonlyMap<string, NameOwner>
  /** Names of the worker's own images on the engine, by what it calls them in full. */
  readonly ownImages: ReadonlyMap<string, string>
  readonly build: BuildFacts
  readonly volumes: ReadonlyMap<string, VolumeOwner>
  readonly paths: ReadonlyMap<string, HostPath>
  /** Real paths of the policy's bind roots. */
  readonly roots: ReadonlyMap<string, HostPath>
  readonly usage: Usage
  /** Streams of events that the worker has open. */
  readonly eventStreams: number
  /** Characters that an engine lists of all images which the worker brought, or what takes it as long. */
  readonly imagesListed: number
  /** Full ids of the containers in reach that a list may be of. */
  readonly reach: readonly string[]
}

/** Facts by which is decided what is mounted of the host. */
type OfMounts = 'paths' | 'roots'

/** Facts by which is decided whether a container may be made: a new one, or one that is there, as it is. */
export type OfFit = OfMounts | 'others' | 'networks'

/** The facts that the decision on each kind of operation looks at, beside those of the engine. */
interface Needed {
  'build.connect': never
  'build.frontend': 'images' | 'build'
  'build.graph': 'images' | 'build'
  'build.prune': never
  'build.session': never
  'build.solve': 'names' | 'imagesListed' | 'ownImages' | 'build'
  'container.archive-get': 'container' | OfMounts
  'container.archive-put': 'container' | OfMounts
  'container.archive-stat': 'container' | OfMounts
  'container.attach': 'container'
  'container.attach-ws': 'container'
  'container.changes': 'container'
  'container.commit': 'container' | OfFit | 'names' | 'imagesListed'
  'container.create': 'image' | 'images' | OfFit | 'volumes' | 'nameMeant' | 'usage'
  'container.exec': 'container' | OfFit
  'container.export': 'container' | OfMounts
  'container.inspect': 'container'
  'container.kill': 'container'
  'container.list': 'images' | 'reach'
  'container.logs': 'container'
  'container.pause': 'container'
  'container.prune': never
  'container.remove': 'container'
  'container.rename': 'container' | 'renaming' | 'nameMeant'
  'container.resize': 'container'
  'container.restart': 'container' | OfFit | 'usage'
  'container.start': 'container' | OfFit | 'usage'
  'container.stats': 'container'
  'container.stop': 'container'
  'container.top': 'container'
  'container.unpause': 'container' | OfFit | 'usage'
  'container.update': 'container' | 'updating' | 'roots' | 'usage'
  'container.wait': 'container'
  'exec.inspect': 'exec'
  'exec.resize': 'exec'
  'exec.start': 'exec' | OfFit
  'image.build': 'names' | 'imagesListed'
  'image.history': 'image'
  'image.import': 'names' | 'imagesListed'
  'image.inspect': 'image'
  'image.list': never
  'image.load': 'imagesListed'
  'image.prune': never
  'image.pull': 'names' | 'imagesListed'
  'image.push': 'names' | 'images'
  'image.remove': 'image'
  'image.save': 'images'
  'image.search': never
  'image.tag': 'image' | 'names' | 'imagesListed'
  'network.connect': 'container' | 'network' | 'others'
  'network.create': 'networkTaken' | 'usage'
  'network.disconnect': 'container' | 'network'
  'network.inspect': 'network'
  'network.list': never
  'network.prune': never
  'network.remove': 'network'
  'plugin.list': never
  'system.df': never
  'system.events': 'eventStreams'
  'system.info': never
  'system.ping': never
  'system.version': never
  'volume.create': 'volumes' | 'usage'
  'volume.inspect': 'volumes'
  'volume.list': never
  'volume.prune': never
  'volume.remove': 'volumes'
  malformed: never
  unsupported: never
}

/** The facts that a decision on operations of this kind, or of any of these kinds, is made on. */
export type FactsOf<K extends OperationKind> = Pick<Facts, 'engine' | Needed[K]>

/** An operation, with the facts that its decision looks at: who switches over `kind` has both of the same kind. */
export type Resolved<K extends OperationKind = OperationKind> = {
  [One in K]: {
    readonly kind: One
    readonly operation: Operation & { readonly kind: One }
    readonly facts: FactsOf<One>
  }
}[K]

/** Puts an operation and its facts together. */
export function resolved<K extends OperationKind>(
  operation: Operation & { readonly kind: K },
  facts: FactsOf<K>,
): Resolved<K> {
  return { kind: operation.kind, operation, facts }
}

/** What a decision on a diagnostic of the host is made on. */
export interface HostFacts {
  /** Diagnostics of the worker that go on. */
  readonly running: number
}
