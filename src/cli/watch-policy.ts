/** Loads the policy again when its file changes and on SIGHUP: whole, or not at all. */
import { stat } from 'node:fs/promises'
import { loadNoted, type NotedPolicy } from '../policy-file/load.ts'
import { warnOf } from '../shared/warn.ts'
import { note } from './serve-lines.ts'

/**
 * Milliseconds between two looks at the file, through whatever links lead to it: events of folders tell nothing of a link further up that is
 * put in another's place, which is how NixOS and Kubernetes change a file.
 */
const LOOK = 250
/** Looks after which a file is read that is written without a pause. */
const MOST_LOOKS = 4

type Adopt = (loaded: NotedPolicy) => Promise<void>

/** Who is told that the policy is being loaded, and then whether the new one could be used. */
export interface Reloads {
  readonly begun: () => void
  readonly over: (isNew: boolean) => void
}

const NOBODY: Reloads = { begun: () => undefined, over: () => undefined }

/** Notes from its making on that the policy is to be loaded again, and loads it from `begin` on. */
export class PolicyWatch {
  readonly #file: string
  readonly #timer: NodeJS.Timeout
  /** How the file looked when it was read last, and at the last look. */
  #read: Promise<string>
  #seen = ''
  #changing = 0
  #isLooking = false
  /** Why the file can't be looked at. */
  #blind: string | undefined
  #adopt: Adopt | undefined
  #reloads: Reloads = NOBODY
  #isDue = false
  #isClosed = false
  #last: Promise<void> = Promise.resolve()
  #isWaiting = false

  constructor(file: string) {
    this.#file = file
    process.on('SIGHUP', () => this.#reload())
    this.#read = look(file).catch(() => '')
    this.#timer = setInterval(() => {
      this.#look().catch(warnOf('looking at the policy'))
    }, LOOK).unref()
  }

  /**
   * Loads the policy from now on, at once where that is due already.
   * @param adopt is called with each new policy that is sound. Where one is not, why is told, and the old one stays in force
   */
  begin(adopt: Adopt, reloads = NOBODY): void {
    this.#adopt = adopt
    this.#reloads = reloads
    if (this.#isDue) this.#reload()
  }

  /** Loads nothing more, and resolves when what is being loaded is in force. */
  close(): Promise<void> {
    // SIGHUP is heard on: it would end the process.
    this.#isClosed = true
    clearInterval(this.#timer)
    return this.#last
  }

  async #look(): Promise<void> {
    // Before the policy was read, that it is not there is told in its place.
    if (this.#isLooking || this.#adopt === undefined) return
    this.#isLooking = true
    try {
      const before = await this.#read
      const now = await look(this.#file)
      this.#tellSeen()
      const isQuiet = now === this.#seen
      this.#seen = now
      if (now === before) this.#changing = 0
      else if (isQuiet || (this.#changing += 1) > MOST_LOOKS) this.#reload()
    } catch (cause) {
      this.#tellBlind(messageOf(cause))
    } finally {
      this.#isLooking = false
    }
  }

  #reload(): void {
    const adopt = this.#adopt
    this.#isDue = adopt === undefined
    // However often it was asked meanwhile, the newest file is read once.
    if (adopt === undefined || this.#isClosed || this.#isWaiting) return
    this.#isWaiting = true
    // One at a time, in order, so that the newest file wins.
    this.#last = this.#last.then(async () => {
      this.#isWaiting = false
      this.#changing = 0
      this.#reloads.begun()
      this.#read = look(this.#file).catch(() => '')
      await this.#read
      const loaded = await loadNoted(this.#file).catch((cause: unknown) => {
        note(`the old policy stays in force; the new one can't be used:\n${messageOf(cause)}`, 'error')
      })
      if (loaded !== undefined) await adopt(loaded).catch(warnOf('putting the new policy into force'))
      this.#reloads.over(loaded !== undefined)
    })
  }

  #tellBlind(why: string): void {
    if (this.#blind === undefined)
      note(
        `changes of ${this.#file} are not seen (${why}): the policy in force stays, and it is looked for again`,
        'error',
      )
    this.#blind = why
  }

  #tellSeen(): void {
    if (this.#blind !== undefined) note(`${this.#file} can be looked at again`, 'notice')
    this.#blind = undefined
  }
}

/** What tells one state of a file from another: which file it is, its size and its times. */
async function look(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
