/** What a file system says that may never answer: a worker's own, or that of a server that is away. */

/** Milliseconds. */
const LONGEST = 5_000

/** The result, or undefined where it takes longer than it may. What was begun goes on. */
export async function inTime<Result>(work: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LONGEST)
  })
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}
