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
    this.#call.next().then(
      (said) => {
        if (said === undefined) return this.push(null)
        return this.push(bytesMessage.decode(said, { findings: [], unknown: 'error' }).data)
      },
      (cause: Error) => this.destroy(cause),
    )
  }

  override _write(chunk: Buffer, _encoding: string, done: (cause?: Error) => void): void {
    this.#call.write(bytesMessage.encode({ data: chunk })).then(
      () => done(),
      (cause: Error) => done(cause),
    )
  }
}
