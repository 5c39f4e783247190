/** Ids in order, to find those that begin with a prefix without looking at all of them. */
export class IdIndex {
  readonly #ids: readonly string[]

  constructor(ids: Iterable<string>) {
    this.#ids = [...ids].sort()
  }

  startingWith(prefix: string): readonly string[] {
    const first = this.#firstFrom(prefix)
    let end = first
    while (this.#ids[end]?.startsWith(prefix) === true) end += 1
    return this.#ids.slice(first, end)
  }

  /** The place of the first id that does not stand before a text. */
  #firstFrom(text: string): number {
    let low = 0
    let high = this.#ids.length
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((this.#ids[middle] ?? '') < text) low = middle + 1
      else high = middle
    }
    return low
  }
}
