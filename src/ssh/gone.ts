/** Notices that the SSH client went away, while a command goes on that may have nothing to say for hours. */
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
