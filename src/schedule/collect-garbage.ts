/** Keeps long streams from piling up read buffers, which the collector sees too late since they lie outside of its heap. */
import type { Readable } from 'node:stream'

/** Bytes of all streams together after which the young generation is looked through. */
const EVERY = 8 * 2 ** 20

let passed = 0

/** Counts what a stream carries. Without --expose-gc (bin/dockgate gives it) this does nothing. */
export function relieve(stream: Readable): void {
  const collect = globalThis.gc
  if (collect === undefined) return
  stream.on('data', (chunk: Uint8Array) => {
    passed += chunk.length
    if (passed < EVERY) return
    passed = 0
    collect({ type: 'minor', execution: 'sync' })
  })
}
