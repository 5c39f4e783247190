/** A value that may be a secret. Whoever wants it says so, and what writes it by itself, as JSON or to a terminal, has nothing of it. */
import type { Hide } from './line/secrets.ts'

/** What the record holds of a value. @param hide puts something in the place of what may not be told */
export type Told<T> = (value: T, hide: Hide) => unknown

export class Secret<T> {
  readonly #value: T
  readonly #told: Told<T>

  constructor(value: T, told: Told<T>) {
    this.#value = value
    this.#told = told
  }

  /** The value, to be checked or sent. */
  reveal(): T {
    return this.#value
  }

  /** What the record holds of it. */
  told(hide: Hide): unknown {
    return this.#told(this.#value, hide)
  }
}
