/**
 * What ends once: a client's stay, a right. An AbortSignal is the same and costs several times as much, which every request
 * would pay: there is one of these only for whoever needs it.
 */

/** Of something that may end: whether it has, and what is to be done then. */
export interface Until {
  readonly isOver: boolean
  /** For whatever takes an AbortSignal. */
  readonly signal: AbortSignal
  /** Calls back at the end, not where it is over already. Returns what takes that back. */
  readonly whenOver: (end: () => void) => () => void
}

export class Ending implements Until {
  readonly #ends = new Set<() => void>()
  #controller: AbortController | undefined
  #isOver: boolean

  constructor(isOver = false) {
    this.#isOver = isOver
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isOver) this.#controller.abort()
    return this.#controller.signal
  }

  whenOver(end: () => void): () => void {
    this.#ends.add(end)
    return () => this.#ends.delete(end)
  }

  /** Ends it; nothing happens where it is over. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const end of this.#ends) end()
    this.#ends.clear()
    this.#controller?.abort()
  }
}

/** Over as soon as either is. */
export function either(one: Until, other: AbortSignal): Until {
  const both = new Ending(one.isOver || other.aborted)
  one.whenOver(() => both.end())
  other.addEventListener('abort', () => both.end(), { once: true })
  return both
}
