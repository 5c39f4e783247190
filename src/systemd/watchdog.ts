/** Says that the gate is alive, as often as systemd's watchdog wants it. */
import type { SystemdEnvironment } from './environment.ts'

/** Milliseconds between two times: half of what systemd waits. Undefined where nothing watches this process. */
export function watchInterval(
  { WATCHDOG_USEC, WATCHDOG_PID }: SystemdEnvironment,
  own = process.pid,
): number | undefined {
  const microseconds = Number(WATCHDOG_USEC)
  if (!(microseconds > 0) || (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== own)) return undefined
  return microseconds / 2_000
}

/**
 * Says it now and then from time to time, while the event loop turns and what is probed comes to an end: be it a refusal, as of a full disk, which the gate tells and
 * outlasts, and where what it still keeps in memory would be lost with it. What hangs is not alive.
 * Returns what ends that.
 */
export function watch(milliseconds: number, probe: () => Promise<unknown>, alive: () => void): () => void {
  let isProbing = false
  let isOver = false
  const look = (): void => {
    if (isProbing) return
    isProbing = true
    const done = (): void => {
      isProbing = false
      if (!isOver) alive()
    }
    probe().then(done, done)
  }
  look()
  const timer = setInterval(look, milliseconds).unref()
  return () => {
    isOver = true
    clearInterval(timer)
  }
}
