/**
 * Tells systemd how the gate is (sd_notify(3)). It listens on a datagram socket, which Node can't open: so its own `systemd-notify` says it, or the gate
 * itself where the unit opened that socket for it (`OpenFile=/run/systemd/notify:notify`, from systemd 253 on).
 */
import { write } from 'node:fs'
import { promisify } from 'node:util'
import { runProgram } from '../programs/run.ts'
import type { Given } from './descriptors.ts'
import type { SystemdEnvironment } from './environment.ts'

/** The name of that socket among given descriptors. */
export const NOTIFY = 'notify'

type Send = (assignments: readonly string[]) => Promise<void>

export class Notifier {
  readonly #send: Send | undefined
  readonly #failed: (message: string) => void
  #last: Promise<void> = Promise.resolve()
  #isFailing = false

  /** @param send undefined where nobody wants to be told @param failed is told once that it can't be said */
  constructor(send: Send | undefined, failed: (message: string) => void) {
    this.#send = send
    this.#failed = failed
  }

  /** Says it after all that was to be said before. Nothing waits for that. */
  tell(...assignments: readonly string[]): void {
    const send = this.#send
    if (send === undefined) return
    // Each is a line.
    const lines = assignments.map((one) => one.replaceAll(/\s+/g, ' '))
    this.#last = this.#last
      .then(() => send(lines))
      .then(
        () => {
          this.#isFailing = false
        },
        (cause: unknown) => {
          if (!this.#isFailing)
            this.#failed(`systemd can't be told: ${cause instanceof Error ? cause.message : String(cause)}`)
          this.#isFailing = true
        },
      )
  }

  /** Resolves when all was said. */
  said(): Promise<void> {
    return this.#last
  }
}

/** How systemd is told; undefined where it does not want to be. */
export function sending({ NOTIFY_SOCKET }: SystemdEnvironment, given: readonly Given[]): Send | undefined {
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return undefined
  const opened = given.find(({ name }) => name === NOTIFY)
  return opened === undefined ? byProgram(NOTIFY_SOCKET) : byDescriptor(opened.descriptor)
}

/** In a process of its own: the unit needs `NotifyAccess=all` for that. It waits until systemd has read it. */
function byProgram(socket: string): Send {
  return async (assignments) => {
    const env = { NOTIFY_SOCKET: socket }
    const { code, stderr } = await runProgram({ file: 'systemd-notify', words: assignments, env })
    if (code !== 0) throw new Error(`systemd-notify ended with ${code}: ${stderr.trim()}`)
  }
}

const writeTo = promisify(write)

function byDescriptor(descriptor: number): Send {
  return async (assignments) => {
    await writeTo(descriptor, assignments.join('\n'))
  }
}
