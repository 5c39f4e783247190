/** What a door hands over: a request as it came, nothing of it believed yet. */
import type { Readable } from 'node:stream'

export interface IncomingRequest {
  readonly method: string
  /** The request target as it was sent. */
  readonly target: string
  /** Header names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
  /** A JSON body, read whole; empty where there is none. */
  readonly body: Uint8Array
  /** A body that is passed on as it comes, where the endpoint takes one. */
  readonly content?: Readable
}
