/** A docker CLI at work for a call, which it may outlive: agents wait for a minute, builds take longer. */
import type { Sandboxed } from '../programs/sandbox.ts'
import { Output } from './output.ts'

/** Exit code where docker is not run. */
const UNAVAILABLE = 69
/** Milliseconds between asking a program to end and making it. */
const GRACE = 2_000

export interface Limits {
  /** Milliseconds until it is ended. */
  readonly longest: number
  /** Whether it is ended when more comes than is kept. */
  readonly endWhenFull: boolean
}

export class Work {
  readonly ended: Promise<void>
  readonly #listeners = new Set<(line: string) => void>()
  readonly #output: Output
  #program: Sandboxed | undefined
  #exit: number | undefined
  #note: string | undefined

  /** @param starting gives the program @param release gives up what it needed, once */
  constructor(starting: Promise<Sandboxed>, { longest, endWhenFull }: Limits, release: () => void) {
    this.#output = new Output((line) => {
      for (const listener of this.#listeners) listener(line)
      if (endWhenFull && this.#output.lost > 0) this.end('ended, as it printed more than is kept')
    })
    const timer = setTimeout(() => this.end(`ended after ${longest / 1000} s`), longest)
    this.ended = this.#run(starting).then((exit) => {
      this.#exit = exit
      clearTimeout(timer)
      release()
    })
  }

  /** Never throws: what keeps the program from running is what it printed. */
  async #run(starting: Promise<Sandboxed>): Promise<number> {
    try {
      const program = await starting
      this.#program = program
      if (this.#note !== undefined) program.kill()
      if (program.stdout !== null) this.#output.from(program.stdout)
      if (program.stderr !== null) this.#output.from(program.stderr)
      return await program.ended
    } catch (cause) {
      this.#output.add(`dockgate: ${cause instanceof Error ? cause.message : String(cause)}\n`)
      return UNAVAILABLE
    }
  }

  /** Exit code, once it has ended. */
  get exit(): number | undefined {
    return this.#exit
  }

  /** Why it was ended, where it did not end by itself. */
  get note(): string | undefined {
    return this.#note
  }

  get output(): Output {
    return this.#output
  }

  /** Calls `listener` with the last line whenever something is printed, until what it returns is called. */
  hear(listener: (line: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Asks the program to end, and makes it after a moment. */
  end(note: string): void {
    if (this.#exit !== undefined || this.#note !== undefined) return
    this.#note = note
    this.#program?.signal('SIGTERM')
    const timer = setTimeout(() => this.#program?.kill(), GRACE)
    this.ended.then(
      () => clearTimeout(timer),
      () => undefined,
    )
  }
}
