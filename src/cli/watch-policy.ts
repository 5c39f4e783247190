/** Loads the policy again when its file changes and on SIGHUP: whole, or not at all. */
import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { loadPolicy } from '../policy/load.ts'
import type { Policy } from '../policy/policy.ts'
import { warnOf } from '../shared/warn.ts'
import { note } from './serve-lines.ts'

/** Milliseconds of quiet after a change: editors write in several steps. */
const QUIET = 200

type Adopt = (policy: Policy) => Promise<void>

/** Takes down from its making on that the policy is to be loaded again, and loads it from `begin` on. */
export class PolicyWatch {
  readonly #file: string
  readonly #watcher: FSWatcher | undefined
  /** Why changes of the file are not seen. */
  #blind: string | undefined
  #adopt: Adopt | undefined
  #isDue = false
  #isClosed = false
  #timer: NodeJS.Timeout | undefined
  #last = Promise.resolve()

  constructor(file: string) {
    this.#file = file
    process.on('SIGHUP', () => this.#reload())
    try {
      // The directory is watched, since many editors put a new file in the old one's place.
      this.#watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
        if (name !== null && name !== basename(file)) return
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.#reload(), QUIET)
      })
      this.#watcher.on('error', (cause) => this.#lose(cause))
    } catch (cause) {
      this.#lose(cause)
    }
  }

  /**
   * Loads the policy from now on, at once where that is due already.
   * @param adopt is called with each new policy that is sound. Where one is not, why is told, and the old one stays in force
   */
  begin(adopt: Adopt): void {
    this.#adopt = adopt
    this.#tellBlind()
    if (this.#isDue) this.#reload()
  }

  /** Loads nothing more, and resolves when what is being loaded is in force. */
  close(): Promise<void> {
    // SIGHUP is heard on: it would end the process.
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#watcher?.close()
    return this.#last
  }

  #reload(): void {
    const adopt = this.#adopt
    this.#isDue = adopt === undefined
    if (adopt === undefined || this.#isClosed) return
    // One at a time, in order, so that the newest file wins.
    this.#last = this.#last.then(async () => {
      const policy = await loadPolicy(this.#file).catch((cause: unknown) => {
        note(`the old policy stays in force; the new one can't be used:\n${messageOf(cause)}`)
      })
      if (policy !== undefined) await adopt(policy).catch(warnOf('putting the new policy into force'))
    })
  }

  #lose(cause: unknown): void {
    this.#blind = messageOf(cause)
    this.#tellBlind()
  }

  #tellBlind(): void {
    // Before the policy was read, that it is not there is told in its place.
    if (this.#blind === undefined || this.#adopt === undefined) return
    note(`changes of ${this.#file} are not seen any more (${this.#blind}); use SIGHUP`)
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
