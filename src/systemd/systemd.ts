/** systemd, as the gate has to do with it: what it gave at the start, and what it is told from then on. Does nothing where it did not start the gate. */
import { givenDescriptors } from './descriptors.ts'
import type { SystemdEnvironment } from './environment.ts'
import { GivenSockets } from './given-sockets.ts'
import { Notifier, NOTIFY, speakerFor } from './notify.ts'
import { watch, watchInterval } from './watchdog.ts'

export class Systemd {
  readonly sockets: GivenSockets
  readonly #notifier: Notifier
  readonly #interval: number | undefined
  #endWatch: () => void = () => undefined

  /** @param tell tells the operator what can't be used or said */
  constructor(environment: SystemdEnvironment, tell: (message: string) => void) {
    const given = givenDescriptors(environment)
    this.#notifier = new Notifier(speakerFor(environment, given), tell)
    this.#interval = watchInterval(environment)
    this.sockets = new GivenSockets(
      given.filter(({ name }) => name !== NOTIFY),
      tell,
    )
  }

  /** The gate serves. @param alive comes to an end, whichever, as long as the record is written */
  ready(status: string, alive: () => Promise<unknown>): void {
    this.#notifier.tell('READY=1', `STATUS=${status}`)
    if (this.#interval !== undefined)
      this.#endWatch = watch(this.#interval, alive, () => this.#notifier.tell('WATCHDOG=1'))
  }

  /** Of the policy, which is loaded again. */
  readonly reloads = {
    begun: (): void => {
      // By its own clock systemd tells what it asked for from what came before (Type=notify-reload).
      this.#notifier.tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`)
    },
    over: (isNew: boolean): void => {
      const status = isNew
        ? 'the new policy is in force'
        : "the old policy stays in force; the new one can't be used"
      this.#notifier.tell('READY=1', `STATUS=${status}`)
    },
  }

  /** The gate ends. */
  stopping(): void {
    this.#endWatch()
    this.#notifier.tell('STOPPING=1', 'STATUS=ending; calls may take 10 s more')
  }

  /** Resolves when it was told all. */
  told(): Promise<void> {
    return this.#notifier.end()
  }
}
