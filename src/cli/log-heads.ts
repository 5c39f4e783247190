/** Prints the record's head into the gate's log from time to time, to be kept where the state directory's writers can't reach. */

import { headLine } from '../record/head-lines.ts'
import type { Store } from '../record/store.ts'

/** Milliseconds between two of them. */
const INTERVAL = 600_000

/** Prints the head now, and again whenever there is a new one after a while. Returns what ends that. */
export function logHeads(store: Pick<Store, 'state'>, print: (line: string) => void): () => void {
  let printed = ''
  const tell = (): void => {
    const line = headLine(store.state())
    if (line !== printed) print(line)
    printed = line
  }
  tell()
  const timer = setInterval(tell, INTERVAL).unref()
  return () => clearInterval(timer)
}
