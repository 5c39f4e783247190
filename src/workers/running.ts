/** Calls whose effect goes on: streams, builds, loads, waits, diagnostics. Each is decided again when the policy changes. */
import type { Identity } from './identity.ts'

export interface Running {
  readonly identity: Identity
  /** Decides again by what its worker may now, and ends where that refuses. */
  readonly review: () => void
  /** @param why for the record */
  readonly end: (why: string) => void
}

export class RunningCalls {
  readonly #running = new Set<Running>()

  /** Returns what takes it out again, when it is over. */
  add(running: Running): () => void {
    this.#running.add(running)
    return () => this.#running.delete(running)
  }

  /** After a new policy has come into force. @param changed workers for which it is another */
  review(changed: ReadonlySet<Identity>): void {
    for (const running of this.#of(changed)) running.review()
  }

  end(identities: ReadonlySet<Identity>, why: string): void {
    for (const running of this.#of(identities)) running.end(why)
  }

  #of(identities: ReadonlySet<Identity>): readonly Running[] {
    return [...this.#running].filter(({ identity }) => identities.has(identity))
  }
}
