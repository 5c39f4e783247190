/** A connection inside of a call: its bytes are in the messages that go either way. */
import { Duplex } from 'node:stream'
import { bytesMessage } from '../../decode/buildkit/control.ts'
import type { IncomingCall } from '../../grpc/server.ts'

export class MessageDuplex extends Duplex {
  /** Resolves when it is over. */
  readonly over: Promise<void>
  readonly #call: IncomingCall

  constructor(call: IncomingCall) {
    super()
    this.#call = call
    this.over = new Promise((resolve) => this.once('close', resolve))
    this.on('error', () => this.destroy())
    call.whenGone(() => this.destroy())
  }

  override _read(): void {
    this.#next().then(
      (data) => this.push(data),
      (cause: Error) => this.destroy(cause),
    )
  }

  /** Null at its end. @throws {WireError | GrpcError} */
  async #next(): Promise<Buffer | null> {
    const said = await this.#call.next()
    return said === undefined ? null : bytesMessage.decode(said, { findings: [], unknown: 'error' }).data
  }

  override _write(chunk: Buffer, _encoding: string, done: (cause?: Error) => void): void {
    this.#call.write(bytesMessage.encode({ data: chunk })).then(
      () => done(),
      (cause: Error) => done(cause),
    )
  }
}
