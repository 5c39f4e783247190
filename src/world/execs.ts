/**
 * Execs by id, bound to the worker that made them. They end with their container, and are forgotten with the gate. How one was
 * made is kept until it is started, which is decided by it.
 */
import type { ContainerExec } from '../decode/operations/exec.ts'

/** Execs of a worker that are remembered: the newest ones. */
const MOST_STARTED = 10_000
/** Each of them may be 128 KiB. One that is forgotten is none any more. */
const MOST_UNSTARTED = 64

export interface KnownExec {
  /** The container's full id. */
  readonly container: string
  /** Undefined once it was started. */
  readonly made: ContainerExec | undefined
}

export class Execs {
  /** By exec, by worker. */
  readonly #unstarted = new Map<string, Map<string, KnownExec>>()
  readonly #started = new Map<string, Map<string, KnownExec>>()

  put(id: string, worker: string, container: string, made: ContainerExec): void {
    add(this.#unstarted, worker, id, { container, made }, MOST_UNSTARTED)
  }

  /** It was started: it is not started again. */
  start(id: string, worker: string): void {
    const exec = this.#unstarted.get(worker)?.get(id)
    if (exec === undefined) return
    this.#unstarted.get(worker)?.delete(id)
    add(this.#started, worker, id, { container: exec.container, made: undefined }, MOST_STARTED)
  }

  /** Forgets all of a worker's. */
  forget(worker: string): void {
    this.#unstarted.delete(worker)
    this.#started.delete(worker)
  }

  /** An exec by its full id; undefined unless this worker made it. */
  get(worker: string, id: string): KnownExec | undefined {
    return this.#unstarted.get(worker)?.get(id) ?? this.#started.get(worker)?.get(id)
  }
}

/** Adds an exec, and forgets the oldest where there are more than `most`. */
function add(
  all: Map<string, Map<string, KnownExec>>,
  worker: string,
  id: string,
  exec: KnownExec,
  most: number,
): void {
  const execs = all.get(worker) ?? new Map<string, KnownExec>()
  all.set(worker, execs.set(id, exec))
  const [oldest] = execs.keys()
  if (execs.size > most && oldest !== undefined) execs.delete(oldest)
}
