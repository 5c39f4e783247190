/** How long texts may be that an engine keeps in memory for as long as what they belong to is there. */
import { FieldError } from './fields.ts'

/** Of a string that is run, its end and what points to it (execve(2)). */
const BESIDE = 9

/**
 * Counts texts as the kernel counts arguments and environment.
 * @param what they are together. @throws {FieldError} if they are longer than `most` bytes
 */
export function expectAtMost(
  most: number,
  what: string,
  ...lists: readonly (readonly string[] | undefined)[]
): void {
  const size = lists
    .flatMap((list = []) => list)
    .reduce((sum, text) => sum + Buffer.byteLength(text) + BESIDE, 0)
  if (size > most) throw new FieldError(`${what} are ${size} bytes together: ${most} at most`)
}
