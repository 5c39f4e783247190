/**
 * Turns on things by their names: what is about different things goes on at the same time, what is about the same one after the other.
 * All that a turn needs it takes at once, so that no two wait for each other.
 */
import type { Until } from './ending.ts'

/** Who holds a thing exclusively holds it alone; any number share it. */
export type Hold = 'exclusive' | 'shared'
export type Keys = ReadonlyMap<string, Hold>

/** Turns that one worker can wait for, and that it has at once: an engine does them no faster, and others have theirs beside them. */
export const MOST_WAITING = 64
export const MOST_AT_ONCE = 4

/** Why a turn was not had: too many were waited for, or who waited has left. Nothing was done. */
export class NoTurn extends Error {
  override readonly name = 'NoTurn'
}

interface Turn {
  readonly worker: string
  readonly keys: Keys
  /** Of a worker's turns each is a round later than the one before; in a round it is the order in which they came. */
  readonly round: number
  readonly start: () => void
}

export class KeyedTurns {
  readonly #running = new Set<Turn>()
  /** In the order in which they are to come. */
  #waiting: readonly Turn[] = []

  /**
   * Does a piece of work when nothing that it needs is held, and nobody who came before needs it.
   * @param gone gives the place up where it is over before that
   * @throws {NoTurn} and what the work throws
   */
  async run<T>(worker: string, keys: Keys, work: () => Promise<T>, gone?: Until): Promise<T> {
    const turn = await this.#comes(worker, keys, gone)
    try {
      return await work()
    } finally {
      this.#running.delete(turn)
      this.#startFree()
    }
  }

  /** How many turns a worker waits for. */
  waitingOf(worker: string): number {
    return this.#waiting.filter((turn) => turn.worker === worker).length
  }

  #comes(worker: string, keys: Keys, gone: Until | undefined): Promise<Turn> {
    return new Promise((resolve, reject) => {
      let stay = (): void => undefined
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== turn)
        this.#startFree()
        reject(new NoTurn('its client has left before it came to its turn'))
      }
      const start = (): void => {
        stay()
        resolve(turn)
      }
      const turn: Turn = { worker, keys, round: this.#nextRound(worker), start }
      // Those of a round are in the order in which they came: a sort keeps it.
      this.#waiting = [...this.#waiting, turn].toSorted((one, other) => one.round - other.round)
      this.#startFree()
      if (this.#running.has(turn)) return
      if (gone?.isOver === true) leave()
      else if (this.waitingOf(worker) <= MOST_WAITING) stay = gone?.whenOver(leave) ?? stay
      else {
        this.#waiting = this.#waiting.filter((one) => one !== turn)
        reject(new NoTurn(`${MOST_WAITING} calls wait already for names of images; try again`))
      }
    })
  }

  /** The one that is under way, or for a worker that has turns, the one after its last. */
  #nextRound(worker: string): number {
    const all = [...this.#running, ...this.#waiting]
    const own = all.filter((turn) => turn.worker === worker)
    const current = all.reduce((least, { round }) => Math.min(least, round), Infinity)
    return Math.max(current === Infinity ? 0 : current, ...own.map(({ round }) => round + 1))
  }

  /** Starts what conflicts with nothing that runs or stands before it. */
  #startFree(): void {
    const held = new Map<string, Hold>()
    const going = new Map<string, number>()
    const goingOf = (worker: string): number => going.get(worker) ?? 0
    for (const { keys, worker } of this.#running) {
      hold(held, keys)
      going.set(worker, goingOf(worker) + 1)
    }
    const started = this.#waiting.filter(({ keys, worker }) => {
      const free = goingOf(worker) < MOST_AT_ONCE && isFree(held, keys)
      hold(held, keys)
      if (free) going.set(worker, goingOf(worker) + 1)
      return free
    })
    if (started.length === 0) return
    this.#waiting = this.#waiting.filter((turn) => !started.includes(turn))
    for (const turn of started) {
      this.#running.add(turn)
      turn.start()
    }
  }
}

function hold(held: Map<string, Hold>, keys: Keys): void {
  for (const [key, how] of keys) if (how === 'exclusive' || !held.has(key)) held.set(key, how)
}

function isFree(held: Keys, keys: Keys): boolean {
  return [...keys].every(([key, how]) => {
    const other = held.get(key)
    return other === undefined || (other === 'shared' && how === 'shared')
  })
}
