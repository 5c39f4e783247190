/**
 * Whose turn it is on the one thread. Work whose size a worker chooses is done in slices, and between two of them the thread
 * looks at its connections again: what one worker asks for costs another at most the slice that is under way.
 */

/** Milliseconds of work, for all workers together, between two looks at the connections. */
export const SLICE = 5

/** Work that is done a short step at a time; what the steps return is the result. */
export type Steps<T> = Generator<void, T, void>

/** What one request of a worker has of the thread. */
export interface Share {
  /**
   * Resolves when the request may use the thread: at once where no other does and the slice is not used up, else before those of
   * workers who have used more of it. To be asked for before each piece of work, which then looks whether its client is still there.
   */
  turn(): Promise<void> | undefined
  /** Does work in turns, in each as many steps as there is time for. Resolves, or rejects, as the steps end, or the share does. */
  run<T>(steps: Steps<T>): Promise<T>
}

interface Account {
  /** Milliseconds that the thread has worked for this worker. */
  used: number
  readonly waiting: Waiting[]
}

interface Waiting {
  readonly share: Share
  readonly go: () => void
}

export class Scheduler {
  readonly #now: () => number
  readonly #accounts = new Map<string, Account>()
  /** Turns that are waited for. */
  #waiting = 0
  /** Whose slice it is. */
  #working: Share | undefined
  /** When the thread last looked at its connections; undefined where it does so before it does anything more. */
  #looked: number | undefined
  /** What the account had used whose turn came last: nobody saves up turns by asking for none. */
  #floor = 0

  /** @param now a clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** For one request of a worker. @param signal ends its steps, for a client that went away; without one they are done to their end */
  share(worker: string, signal?: AbortSignal): Share {
    const account = this.#accounts.get(worker) ?? { used: this.#floor, waiting: [] }
    this.#accounts.set(worker, account)
    const share: Share = {
      turn: () => this.#turn(account, share),
      run: (steps) => this.#run(share, steps, signal),
    }
    return share
  }

  #turn(account: Account, share: Share): Promise<void> | undefined {
    const now = this.#now()
    if (this.#looked === undefined) this.#lookLater(now)
    if (!this.#isOver(now)) {
      if (this.#working === share) return undefined
      // Others that go on by the same event as this one have not begun to work yet, but they will before it is over.
      if (this.#working === undefined && this.#waiting === 0) return this.#begin(account, share, now)
    }
    if (account.waiting.length === 0) account.used = Math.max(account.used, this.#floor)
    this.#waiting += 1
    return new Promise((go) => account.waiting.push({ share, go }))
  }

  async #run<T>(share: Share, steps: Steps<T>, signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      await share.turn()
      signal?.throwIfAborted()
      do {
        const { done, value } = steps.next()
        if (done === true) return value
      } while (!this.#isOver(this.#now()))
    }
  }

  /** Whether the thread has worked for as long as it may without a look at its connections. */
  #isOver(now: number): boolean {
    return this.#looked !== undefined && now - this.#looked >= SLICE
  }

  /** Immediates are called when the connections have been looked at. */
  #lookLater(now: number): void {
    this.#looked = now
    setImmediate(() => {
      this.#looked = undefined
      if (this.#waiting === 0) return
      const then = this.#now()
      this.#lookLater(then)
      this.#letNext(then)
    })
  }

  /** Lets go on who has used least. */
  #letNext(now: number): void {
    let least: Account | undefined
    for (const account of this.#accounts.values())
      if (account.waiting.length > 0 && account.used < (least?.used ?? Infinity)) least = account
    const next = least?.waiting.shift()
    if (least === undefined || next === undefined) return
    this.#waiting -= 1
    this.#begin(least, next.share, now)
    next.go()
  }

  /** From now on the time counts for this account, until all is done that waits for nothing. */
  #begin(account: Account, share: Share, since: number): undefined {
    this.#floor = account.used = Math.max(account.used, this.#floor)
    this.#working = share
    const end = (): void => {
      const now = this.#now()
      account.used += now - since
      this.#working = undefined
      if (this.#waiting > 0 && !this.#isOver(now)) this.#letNext(now)
    }
    // A tick that a microtask asks for comes when no microtask is left.
    queueMicrotask(() => process.nextTick(end))
  }
}
