/** How the work of a function grows with what it is given, measured in the time that this thread computed: others on the machine do not count. */

/** Times of each length, of which the least counts: a collection of garbage is nobody's work in particular. */
const TRIES = 3
const TIMES_AS_LONG = 8
/** Microseconds below which a measure says nothing. */
const LEAST = 2_000

/** Whether eight times the length is far from sixty-four times the work, as it would be where each part looks at all others. */
export function growsWithLength(work: (length: number) => unknown, length: number): boolean {
  const short = leastWork(() => work(length))
  const long = leastWork(() => work(TIMES_AS_LONG * length))
  return long / Math.max(short, LEAST) < 3 * TIMES_AS_LONG
}

function leastWork(work: () => unknown): number {
  const each = Array.from({ length: TRIES }, () => {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    return user + system
  })
  return Math.min(...each)
}
