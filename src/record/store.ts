/** What the gate remembers: the record of decisions, and which objects of the engine belong to which worker. */

import type { AuditEntry } from './entry.ts'

/** A `tag` is a name of an image. */
export type OwnedKind = 'container' | 'image' | 'tag' | 'volume' | 'network'

/** An object of the engine that the gate made for a worker. */
export interface Owned {
  readonly kind: OwnedKind
  /** The engine's full id; of a volume its name, of a tag the name in full. */
  readonly id: string
  readonly worker: string
  /** As the engine has it; of a tag the id of the image that it was given to. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** Bytes that it may use; 0 for anything but a container. */
  readonly memory: number
  /** Billionths of a CPU that it may use; 0 for anything but a container. */
  readonly nanoCpus: number
  /** The claim that it was made under; the engine's object carries it as a label. */
  readonly nonce: string
}

/** An object that is being made: recorded before the engine is asked, so that a crash leaves no orphan. */
export interface Claim {
  readonly nonce: string
  readonly kind: OwnedKind
  readonly worker: string
  /** As of what is owned, where it is known before: that of an image, or of a name and its image. Else empty: the nonce is a label. */
  readonly id: string
  readonly name: string
  readonly created: number
  readonly memory: number
  readonly nanoCpus: number
}

/** A container of the operator's to which a worker gives a name. */
export interface Renamed {
  /** Its full id. */
  readonly container: string
  /** The name that the operator gave it last. */
  readonly meant: string
  /** The name that a worker gave it; empty where none has yet. */
  readonly given: string
  /** The name that a worker asks for; empty where the engine has told what came of it. */
  readonly asked: string
  /** Milliseconds since 1970, when that was asked for; 0 where none is. */
  readonly since: number
}

/** What a container was made with; kept as long as it, or the claim on it. */
export interface KeptMade {
  /** Of the claim that the container was made under. */
  readonly nonce: string
  /** As `encode/made.ts` writes it. */
  readonly text: string
}

/** A worker as the policies in force had it until now. */
export interface KnownWorker {
  /** As in policies. */
  readonly name: string
  /** 1 for the first worker of this name, one more for each that was made anew under it. */
  readonly generation: number
  /** Whose its socket is; empty where that is not known. */
  readonly account: string
  /** Whether the policy in force has it. */
  readonly present: boolean
}

/** One change of the store. */
export type Change =
  | { readonly type: 'entry'; readonly entry: AuditEntry }
  | { readonly type: 'claim'; readonly claim: Claim }
  /** Records an owned object, and settles the claim that announced it. */
  | { readonly type: 'own'; readonly owned: Owned; readonly claim?: string }
  | { readonly type: 'disown'; readonly kind: OwnedKind; readonly id: string }
  | { readonly type: 'unclaim'; readonly nonce: string }
  | { readonly type: 'resize'; readonly id: string; readonly memory: number; readonly nanoCpus: number }
  /** Records, in the place of what was recorded of it before, by whom a container has its name. */
  | { readonly type: 'rename'; readonly renamed: Renamed }
  /** The container has the operator's name, or is gone. */
  | { readonly type: 'unrename'; readonly container: string }
  /** Records what a container is made with, in the place of what was recorded before. It goes with its claim, or its owner. */
  | { readonly type: 'make'; readonly made: KeptMade }
  | { readonly type: 'unmake'; readonly nonce: string }
  | { readonly type: 'know'; readonly worker: KnownWorker }
  /** Gives all that one worker owns, and its claims, to another. */
  | { readonly type: 'bequeath'; readonly from: string; readonly to: string }

/**
 * - `synced`, before an effect or a refusal: resolves when it and all that was queued before it is on disk; else rejects, and is dropped.
 * - `soon`, for reads: resolves when queued, on disk within 100 ms; rejects at once while the store fails.
 * - `kept`, after an effect: as `soon`, but queued also while the store fails, since what it tells has happened.
 *
 * What was queued as `soon` or `kept` is written again and again until it is on disk.
 */
export type Durability = 'synced' | 'soon' | 'kept'

export interface StoreState {
  /** Number of entries on disk; the newest one's place in the chain. */
  readonly entries: number
  /** Hash of the newest entry. */
  readonly head: string
  /** Why nothing can be written now; undefined while all is well. */
  readonly failing: string | undefined
}

export interface Store {
  /** Queues changes that are written together or not at all, in the order of the calls. Rejects with StoreUnavailable. */
  write(changes: readonly Change[], durability: Durability): Promise<void>
  /** `write` of one entry as `soon`, without a promise: the way of every read. Throws StoreUnavailable. */
  note(entry: AuditEntry): void
  /** The objects owned, as on disk. */
  owned(): readonly Owned[]
  /** The claims that are not settled, as on disk. */
  claims(): readonly Claim[]
  /** The containers that workers gave names to, as on disk. */
  renamed(): readonly Renamed[]
  /** What containers were made with, as on disk. */
  made(): readonly KeptMade[]
  /** The workers that there were, as on disk. */
  workers(): readonly KnownWorker[]
  state(): StoreState
  /** Calls back whenever there are more entries on disk. Returns what ends that. */
  watch(tell: () => void): () => void
  /** Writes what is queued and closes; throws StoreUnavailable, after closing, where that could not be written. */
  close(): void
}
