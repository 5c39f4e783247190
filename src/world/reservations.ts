/** Names that calls of this moment work on: each is kept for one worker until the last of its calls is over. */
export class Reservations {
  readonly #kept = new Map<string, { readonly worker: string; readonly calls: number }>()

  /** The worker for whom a name is kept. */
  workerOf(name: string): string | undefined {
    return this.#kept.get(name)?.worker
  }

  /** How many calls of this moment a name is kept for. */
  callsOf(name: string): number {
    return this.#kept.get(name)?.calls ?? 0
  }

  /** Reserves names for a call of a worker. Returns what ends that; ending it again changes nothing. */
  reserve(worker: string, names: readonly string[]): () => void {
    for (const name of names) this.#kept.set(name, { worker, calls: this.callsOf(name) + 1 })
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      for (const name of names) {
        const calls = this.callsOf(name)
        if (calls > 1) this.#kept.set(name, { worker, calls: calls - 1 })
        else this.#kept.delete(name)
      }
    }
  }
}
