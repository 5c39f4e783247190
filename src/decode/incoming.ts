/** What a door hands over of a request beside its method and target (decode.ts): as it came, nothing of it believed yet. */
import type { Readable } from 'node:stream'

export interface IncomingRequest {
  /** Header names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
  /** A JSON body, read whole; empty where there is none. */
  readonly body: Uint8Array
  /** A body that is passed on as it comes, where the endpoint takes one. */
  readonly content?: Readable
}
