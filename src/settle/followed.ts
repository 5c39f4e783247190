/** The answer of a call that brings images as it reaches the worker: with its end held back until they are known, and on disk. */
import { Transform, type TransformCallback } from 'node:stream'
import type { Reply } from '../engine/reply.ts'
import { linesOf } from './named.ts'

interface Following {
  /** Looks at a part of the answer, in order. */
  readonly look: (part: string) => void
  /** To be done when the answer is there to its end; gives the lines that are told behind it. */
  readonly finish: () => Promise<readonly string[]>
  /** Settles once what the call has brought, however it ended. */
  readonly settle: () => Promise<void>
  /** Why the call was ended, where it was: that is told as the last line, as an engine tells what fails. */
  readonly ended: () => string | undefined
  /** Tells a text in the worker's words. */
  readonly tell: (text: string) => string
}

export function followed(
  reply: Extract<Reply, { kind: 'stream' }>,
  { look, finish, settle, ended, tell }: Following,
): Reply {
  const finishAll = async (): Promise<void> => {
    for (const line of await finish()) body.push(line)
    await settle()
  }
  const tellEnd = (): void => {
    const message = ended()
    if (message === undefined) return
    for (const line of linesOf({ given: [], failed: [message] }, tell)) body.push(line)
  }
  const body = new Transform({
    transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
      look(chunk.toString('latin1'))
      done(null, chunk)
    },
    flush: (done) => {
      finishAll().then(
        () => done(),
        (cause: Error) => {
          tellEnd()
          done(ended() === undefined ? cause : null)
        },
      )
    },
  })
  reply.body.once('error', (cause) => {
    if (ended() === undefined) {
      body.destroy(cause)
      return
    }
    tellEnd()
    body.push(null)
    body.once('end', () => body.destroy())
  })
  // A client that goes away ends the engine's work; what it has brought by then is still the worker's.
  body.once('close', () => {
    reply.body.destroy()
    void settle()
  })
  return { ...reply, body: reply.body.pipe(body) }
}
