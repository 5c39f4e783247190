/** A connection to an engine's BuildKit, by which it is asked. */
import { GrpcClient, type OutgoingCall } from '../grpc/client.ts'
import { requireEncodedCall, type EncodedCall } from './encoded.ts'
import type { Hijacked } from './engine.ts'

export class BuildLink {
  readonly #client: GrpcClient

  constructor({ socket, head }: Hijacked) {
    if (head.length > 0) socket.unshift(head)
    this.#client = new GrpcClient(socket)
  }

  get isClosed(): boolean {
    return this.#client.isClosed
  }

  /** @throws {GrpcError} where the connection is gone */
  call(encoded: EncodedCall): OutgoingCall {
    requireEncodedCall(encoded)
    const call = this.#client.call(encoded.path, encoded.metadata)
    call.messages.write(encoded.message).then(
      () => call.end(),
      // How it ended tells why.
      () => undefined,
    )
    return call
  }

  close(): void {
    this.#client.close()
  }
}
