/** How often a health check of an image is made. */

/** Seconds of a unit of Go's durations (time.ParseDuration). */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['h', 3600],
  ['m', 60],
  ['s', 1],
  ['ms', 1e-3],
  ['us', 1e-6],
  ['ns', 1e-9],
])
const DURATION = /^(?:[0-9]{1,6}(?:\.[0-9]{1,6})?(?:h|ms|m|s|us|ns))+$/

/** Why the flags of a HEALTHCHECK are refused; undefined where they are not. An engine takes 0 for its own 30 seconds. */
export function wrongInterval(flags: ReadonlyMap<string, string>): string | undefined {
  for (const flag of ['interval', 'start-interval']) {
    const written = flags.get(flag)
    const seconds = written === undefined || written === '0' ? 0 : secondsOf(written)
    if (seconds === undefined) return `--${flag} must be a duration like 30s`
    if (seconds > 0 && seconds < 1) return `--${flag}: each check is a process, once a second at most`
  }
  return undefined
}

function secondsOf(written: string): number | undefined {
  if (!DURATION.test(written)) return undefined
  return [...written.matchAll(/([0-9.]+)([a-z]+)/g)].reduce(
    (sum, [, number = '', unit = '']) => sum + Number(number) * (UNITS.get(unit) ?? 0),
    0,
  )
}
