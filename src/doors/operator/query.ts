/** The parameters of a request of the operator's, read strictly: those that its endpoint states, each once. */
import { printable } from '../../shared/refusal.ts'

/** A request that no endpoint takes. The message says what there is. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

export class Query {
  readonly #values: ReadonlyMap<string, string>
  readonly #stated: readonly string[]

  /** @param stated names that the endpoint has. @throws {BadRequest} */
  constructor(given: URLSearchParams, stated: readonly string[]) {
    const values = new Map<string, string>()
    for (const [name, value] of given) {
      if (!stated.includes(name)) {
        const there = stated.length === 0 ? 'there are no parameters' : `there are ${stated.join(', ')}`
        throw new BadRequest(`${there}, and no ${printable(name)}`)
      }
      if (values.has(name)) throw new BadRequest(`${name} is given twice`)
      values.set(name, value)
    }
    this.#values = values
    this.#stated = stated
  }

  /** Undefined where it is not given. */
  text(name: string): string | undefined {
    if (!this.#stated.includes(name)) throw new TypeError(`${name} is not a parameter of this endpoint`)
    return this.#values.get(name)
  }

  /** A whole number of that range. @throws {BadRequest} */
  whole(name: string, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN
    if (number >= least && number <= most) return number
    throw new BadRequest(`${name} must be a whole number from ${least} to ${most}`)
  }

  /** One of some words. @throws {BadRequest} */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name)
    const found = words.find((word) => word === text)
    if (text === undefined || found !== undefined) return found
    throw new BadRequest(`${name} must be one of ${words.join(', ')}`)
  }
}
