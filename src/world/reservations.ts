/** Names that calls of this moment work on: each is kept for one worker until the last of its calls is over. */
export class Reservations {
  readonly #kept = new Map<string, { readonly worker: string; readonly calls: number }>()
  readonly #past = new Map<string, { readonly worker: string; readonly until: number }>()

  /** The worker for whom a name is kept. */
  workerOf(name: string): string | undefined {
    return this.#kept.get(name)?.worker
  }

  /** Whether a name is kept for another worker. */
  isAnothers(worker: string, name: string): boolean {
    const keeper = this.workerOf(name)
    return keeper !== undefined && keeper !== worker
  }

  /** The same, also where it was so lately that answers which are still on their way can have it. */
  wasAnothers(worker: string, name: string): boolean {
    const past = this.#past.get(name)
    const isPast = past !== undefined && past.worker !== worker && past.until > Date.now()
    return this.workerOf(name) === undefined ? isPast : this.isAnothers(worker, name)
  }

  /** How many calls of this moment a name is kept for. */
  callsOf(name: string): number {
    return this.#kept.get(name)?.calls ?? 0
  }

  /**
   * Reserves names for a call of a worker. Returns what ends that; ending it again changes nothing.
   * @param told milliseconds for which answers may have the names after that
   */
  reserve(worker: string, names: readonly string[], told = 0): () => void {
    for (const name of names) this.#kept.set(name, { worker, calls: this.callsOf(name) + 1 })
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      for (const name of names) {
        const calls = this.callsOf(name)
        if (calls > 1) this.#kept.set(name, { worker, calls: calls - 1 })
        else this.#kept.delete(name)
        if (told > 0) this.#remember(name, worker, Date.now() + told)
      }
    }
  }

  #remember(name: string, worker: string, until: number): void {
    const now = Date.now()
    for (const [other, past] of this.#past) if (past.until <= now) this.#past.delete(other)
    this.#past.set(name, { worker, until })
  }
}
