/** What both sides of a connection hold to. */
import type { Settings } from 'node:http2'

/** Bytes that may be under way on a connection, and on one of its streams. */
export const WINDOW = 4 * 2 ** 20

export const SETTINGS: Settings = {
  enablePush: false,
  initialWindowSize: 2 ** 20,
  maxConcurrentStreams: 64,
  maxHeaderListSize: 64 * 2 ** 10,
}
