/** Writing whole texts to a descriptor, without what process.stdout brings along. */
import { writeSync } from 'node:fs'

/** Writes all of it; whoever does not read any more is not an error. */
export function print(descriptor: 1 | 2, text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest))
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : ''
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw cause
      // The other side set it to not wait, and reads slowly.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}
