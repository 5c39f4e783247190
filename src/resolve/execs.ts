/** Execs by id, bound to the worker that made them. They end with their container, and are forgotten with the gate. */

/** Execs that are remembered: the newest ones. */
const MOST = 10_000

export class Execs {
  readonly #execs = new Map<string, { readonly worker: string; readonly container: string }>()

  put(id: string, worker: string, container: string): void {
    this.#execs.set(id, { worker, container })
    const [oldest] = this.#execs.keys()
    if (this.#execs.size > MOST && oldest !== undefined) this.#execs.delete(oldest)
  }

  /** The container of an exec, by its full id; undefined unless this worker made it. */
  containerOf(worker: string, id: string): string | undefined {
    const exec = this.#execs.get(id)
    return exec?.worker === worker ? exec.container : undefined
  }
}
