/**
 * Tells systemd how the gate is (sd_notify(3)). It listens on a datagram socket, which Node can't open: so its own `systemd-notify` says it, or the gate
 * itself where the unit opened that socket for it (`OpenFile=/run/systemd/notify:notify`, from systemd 253 on).
 */
import { once } from 'node:events'
import { write } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { startPiped, SYSTEM_PATH } from '../programs/start.ts'
import type { Given } from './descriptors.ts'
import type { SystemdEnvironment } from './environment.ts'

/** The name of that socket among given descriptors. */
export const NOTIFY = 'notify'

/** Says something to systemd: one thing at a time. */
export interface Speaker {
  readonly say: (assignments: readonly string[]) => Promise<void>
  readonly end: () => void
}

export class Notifier {
  readonly #speaker: Speaker | undefined
  readonly #failed: (message: string) => void
  #last: Promise<void> = Promise.resolve()
  #isFailing = false

  /** @param speaker undefined where nobody wants to be told @param failed is told once that it can't be said */
  constructor(speaker: Speaker | undefined, failed: (message: string) => void) {
    this.#speaker = speaker
    this.#failed = failed
  }

  /** Says it after all that was to be said before. Nothing waits for that. */
  tell(...assignments: readonly string[]): void {
    const speaker = this.#speaker
    if (speaker === undefined) return
    // Each is a line.
    const lines = assignments.map((one) => one.replaceAll(/\s+/g, ' '))
    this.#last = this.#last
      .then(() => speaker.say(lines))
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

  /** Resolves when all was said. Nothing is to be told after. */
  async end(): Promise<void> {
    await this.#last
    this.#speaker?.end()
  }
}

/** Who tells systemd; undefined where it does not want to be told. */
export function speakerFor(
  { NOTIFY_SOCKET }: SystemdEnvironment,
  given: readonly Given[],
): Speaker | undefined {
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return undefined
  const opened = given.find(({ name }) => name === NOTIFY)
  return opened === undefined ? byProgram(NOTIFY_SOCKET) : byDescriptor(opened.descriptor)
}

/**
 * A shell that starts `systemd-notify` for each line: to start a program holds the gate's one thread for as long as a busy host takes for it. It
 * outlasts the signals that systemd sends to all of a unit, and ends with its input. `systemd-notify` waits until systemd has read it.
 */
const SHELL = `trap '' HUP INT TERM; set -f; IFS='\t'
while read -r line; do if systemd-notify $line 2>/dev/null; then echo said; else echo "systemd-notify ended with $?"; fi; done`

/** The unit needs `NotifyAccess=all` for that. */
function byProgram(socket: string): Speaker {
  let shell: Shell | undefined
  return {
    say: async (assignments) => {
      shell ??= startShell(socket, () => (shell = undefined))
      const answer = await shell.ask(assignments.join('\t'))
      if (answer !== 'said') throw new Error(answer)
    },
    end: () => shell?.end(),
  }
}

interface Shell {
  readonly ask: (line: string) => Promise<string>
  readonly end: () => void
}

/** @param over is called when it has ended: the next line starts another */
function startShell(socket: string, over: () => void): Shell {
  const env = { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', NOTIFY_SOCKET: socket }
  const child = startPiped({ file: '/bin/sh', words: ['-c', SHELL], env, streams: ['pipe', 'pipe', 'pipe'] })
  child.stderr.resume()
  // Its end tells.
  child.stdin?.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (cause) => resolve(cause.message))
    child.once('exit', () => resolve('the shell that starts systemd-notify was ended'))
  })
  void ended.then(over)
  const answers = createInterface(child.stdout)
  return {
    ask: (line) => {
      const answered = once(answers, 'line').then(([answer]) => String(answer))
      child.stdin?.write(`${line}\n`)
      return Promise.race([answered, ended])
    },
    end: () => child.stdin?.end(),
  }
}

const writeTo = promisify(write)

function byDescriptor(descriptor: number): Speaker {
  return {
    say: async (assignments) => {
      await writeTo(descriptor, assignments.join('\n'))
    },
    end: () => undefined,
  }
}
