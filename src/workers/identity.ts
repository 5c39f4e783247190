/** A worker as the door of its socket knows it. */
import { calledSo, spaceOf, type Space } from '../policy/space.ts'
import type { SocketPolicy, WorkerPolicy } from '../policy/policy.ts'

/** What a worker may since a certain policy. As long as nothing of it changes, this is the same object. */
export interface Rights {
  /** The number of that policy. */
  readonly since: number
  /** The worker's section; its name is that of the identity. */
  readonly worker: WorkerPolicy
}

/**
 * Made when a worker is served, and ended when it is served no more, or its socket, owner or group is another: what comes after
 * it under the same name is another worker, and nothing that goes on by this one lives on in it.
 */
export class Identity {
  /** In the record, in labels and of what it owns: `ai-worker`; `ai-worker.2` for the second worker of that name. */
  readonly name: string
  /** As in the policy. */
  readonly section: string
  /** What it calls its own, and what an engine does. */
  #space: Space
  readonly #cuts = new Set<() => void>()
  #rights: Rights | undefined

  constructor(name: string, worker: WorkerPolicy, since: number) {
    this.name = name
    this.section = worker.name
    this.#rights = { since, worker: calledSo(worker, name) }
    this.#space = spaceOf(this.#rights.worker)
  }

  /** By the policy that was last in force for it. */
  get space(): Space {
    return this.#space
  }

  /** What it may now; undefined once it has ended. */
  get rights(): Rights | undefined {
    return this.#rights
  }

  /**
   * Applies its section of a new policy, or ends with it.
   * @param since the number of the policy. @returns whether anything has changed for it
   */
  adopt(worker: WorkerPolicy | undefined, since: number): boolean {
    const before = this.#rights
    if (before === undefined) return false
    if (worker === undefined || !isSame(worker.socket, before.worker.socket)) {
      this.end()
      return true
    }
    const after = calledSo(worker, this.name)
    if (isSame(after, before.worker)) return false
    this.#rights = { since, worker: after }
    this.#space = spaceOf(after)
    return true
  }

  /** From here on nothing goes by it any more. */
  end(): void {
    this.#rights = undefined
    this.cut()
  }

  /** Ends its connections. */
  cut(): void {
    for (const cut of this.#cuts) cut()
  }

  /** Notes what ends connections of its. Returns what takes that back. */
  onCut(cut: () => void): () => void {
    this.#cuts.add(cut)
    return () => this.#cuts.delete(cut)
  }
}

function isSame(one: SocketPolicy | WorkerPolicy, other: SocketPolicy | WorkerPolicy): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
