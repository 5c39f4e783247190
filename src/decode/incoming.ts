/** What a door hands over: a request as it came, nothing of it believed yet. */
export interface IncomingRequest {
  readonly method: string
  /** The request target as it was sent. */
  readonly target: string
  /** Header names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
  /** A JSON body, read whole; empty where there is none. Streams and hijacked connections are not in here. */
  readonly body: Uint8Array
}
