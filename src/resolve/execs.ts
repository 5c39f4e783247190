/** Execs by id, bound to the worker that made them. They end with their container, and are forgotten with the gate. */

/** Execs of a worker that are remembered: the newest ones. */
const MOST = 10_000

export class Execs {
  /** Containers by exec, by worker. */
  readonly #execs = new Map<string, Map<string, string>>()

  put(id: string, worker: string, container: string): void {
    const execs = this.#execs.get(worker) ?? new Map<string, string>()
    this.#execs.set(worker, execs.set(id, container))
    const [oldest] = execs.keys()
    if (execs.size > MOST && oldest !== undefined) execs.delete(oldest)
  }

  /** The container of an exec, by its full id; undefined unless this worker made it. */
  containerOf(worker: string, id: string): string | undefined {
    return this.#execs.get(worker)?.get(id)
  }
}
