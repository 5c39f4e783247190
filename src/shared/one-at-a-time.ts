/** Work that is done one piece after the other, in the order in which it came. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve()

  /** Does a piece of work when those before it are over, however they ended. Resolves, or rejects, as it does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
