/** What happens to a command from outside while it goes on: its SSH client goes away, or a signal comes. */
import { writeSync } from 'node:fs'

/** Milliseconds between two looks. */
const LOOK = 1_000

/** Calls back once the client is gone. */
export function whenGone(then: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent && isRead()) return
    clearInterval(timer)
    then()
  }, LOOK)
  timer.unref()
}

/**
 * Whether anybody can still read standard output. Where sshd gives a socket for it, writing nothing fails once the other end
 * is closed (EPIPE, unix(7)), as when one of several sessions of a shared connection ends.
 */
function isRead(): boolean {
  try {
    writeSync(1, '')
    return true
  } catch (cause) {
    return !(cause instanceof Error && 'code' in cause && cause.code === 'EPIPE')
  }
}

/** Passes on what this process is asked by signals, and that its terminal's size has changed: what it runs has no terminal of its own. */
export function passSignals(pass: (signal: NodeJS.Signals) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGWINCH'] as const)
    process.on(signal, () => pass(signal))
}
