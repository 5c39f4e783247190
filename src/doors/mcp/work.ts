/** A docker CLI at work for a call, which it may outlive: agents wait for a minute, builds take longer. */
import type { ChildProcess } from 'node:child_process'
import { Output } from './output.ts'

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
  readonly #child: ChildProcess
  readonly #listeners = new Set<(line: string) => void>()
  readonly #output: Output
  #exit: number | undefined
  #note: string | undefined

  /** @param child started in a process group of its own @param release gives up what it needed, once */
  constructor(child: ChildProcess, { longest, endWhenFull }: Limits, release: () => void) {
    this.#child = child
    this.#output = new Output((line) => {
      for (const listener of this.#listeners) listener(line)
      if (endWhenFull && this.#output.lost > 0) this.end('ended, as it printed more than is kept')
    })
    if (child.stdout !== null) this.#output.from(child.stdout)
    if (child.stderr !== null) this.#output.from(child.stderr)
    const timer = setTimeout(() => this.end(`ended after ${longest / 1000} s`), longest)
    this.ended = new Promise((resolve) => {
      const finish = (exit: number): void => {
        if (this.#exit !== undefined) return
        this.#exit = exit
        clearTimeout(timer)
        release()
        resolve()
      }
      child.once('error', (cause) => {
        this.#output.add(`docker could not be started: ${cause.message}\n`)
        finish(127)
      })
      child.once('close', (code) => finish(code ?? 137))
    })
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

  /** Asks the program and all that it started to end, and makes them after a moment. */
  end(note: string): void {
    if (this.#exit !== undefined || this.#note !== undefined) return
    this.#note = note
    this.#signal('SIGTERM')
    const timer = setTimeout(() => this.#signal('SIGKILL'), GRACE)
    this.ended.then(
      () => clearTimeout(timer),
      () => undefined,
    )
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (cause) {
      // It may have ended in this very moment.
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause
    }
  }
}
