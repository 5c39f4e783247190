/** The programs of this process: those at work, and the results of those that ended, for a while. */
import { randomBytes } from 'node:crypto'
import type { Work } from './running-command.ts'

/** Programs at work at once. */
export const MOST_AT_WORK = 8
/** Results that are kept beside those, and characters of all of them. */
const MOST_RESULTS = 32
const MOST_CHARACTERS = 16 * 2 ** 20
/** Milliseconds that a result is kept. */
const KEPT = 15 * 60_000

export class Works {
  readonly #works = new Map<string, Work>()

  /** Takes one in, unless there are too many at work. */
  start(begin: () => Work): { readonly id: string; readonly work: Work } | undefined {
    const running = [...this.#works.values()].filter(({ exit }) => exit === undefined).length
    if (running >= MOST_AT_WORK) return undefined
    const work = begin()
    const id = randomBytes(8).toString('hex')
    this.#works.set(id, work)
    work.ended.then(
      () => this.#tidy(id),
      () => undefined,
    )
    return { id, work }
  }

  find(id: string): Work | undefined {
    return this.#works.get(id)
  }

  /** Ends whatever is at work. */
  async close(): Promise<void> {
    const works = [...this.#works.values()]
    for (const work of works) work.end('ended with the server')
    await Promise.all(works.map(({ ended }) => ended))
  }

  #tidy(id: string): void {
    setTimeout(() => this.#works.delete(id), KEPT).unref()
    const done = [...this.#works].filter(([, { exit }]) => exit !== undefined)
    let characters = done.reduce((sum, [, { output }]) => sum + output.text.length, 0)
    let count = done.length
    for (const [oldest, { output }] of done) {
      if (count <= MOST_RESULTS && characters <= MOST_CHARACTERS) return
      this.#works.delete(oldest)
      characters -= output.text.length
      count -= 1
    }
  }
}
