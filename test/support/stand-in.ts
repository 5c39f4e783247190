/** What stands in for an engine inside the test's own process: it answers when it is let, and remembers what was done and what goes on. */
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Engine, EngineUnavailable, NotSent, type Upgraded } from '../../src/engine/engine.ts'
import type { EncodedRequest } from '../../src/engine/encoded.ts'
import type { Until } from '../../src/shared/ending.ts'

/** A request that was put on the wire, and goes on as long as it is let. */
export interface Going {
  readonly encoded: EncodedRequest
  readonly until: Until | undefined
}

/** Status and body of an answer. */
export type Progress = readonly [status: number, body: unknown]

export class StandIn extends Engine {
  readonly #wait: (what: string) => Promise<unknown>
  readonly #done: (encoded: EncodedRequest) => void
  readonly #special: (encoded: EncodedRequest) => Progress | undefined
  readonly going = new Set<Going>()
  /** Bodies that came as they were sent, each read to its end before there is an answer. */
  readonly read: Buffer[] = []
  #count = 0

  /**
   * @param wait is waited for at every step. @param done is told of each request as it is put on the wire
   * @param special what is answered otherwise than an engine would to which all is new
   */
  constructor(
    wait: (what: string) => Promise<unknown>,
    done: (encoded: EncodedRequest) => void,
    special: (encoded: EncodedRequest) => Progress | undefined = () => undefined,
  ) {
    super('unix:///nonexistent/docker.sock')
    this.#wait = wait
    this.#done = done
    this.#special = special
  }

  override async send(
    encoded: EncodedRequest,
    _limit: number | undefined,
    until?: Until,
    content?: Readable,
    mayGo: () => boolean = () => true,
  ): Promise<IncomingMessage> {
    await this.#put(encoded, until, mayGo)
    if (content !== undefined) this.read.push(await buffer(content))
    const going = { encoded, until }
    this.going.add(going)
    await this.#wait(`the answer to ${encoded.path}`)
    // An engine begins again when it has stopped, whoever has gone meanwhile.
    if (/\/restart\?t=[1-9]/.test(encoded.path)) this.#done(encoded)
    if (until?.isOver === true) {
      this.going.delete(going)
      throw new EngineUnavailable('the client went away')
    }
    return this.#answer(going)
  }

  override async upgrade(
    encoded: EncodedRequest,
    until?: Until,
    mayGo: () => boolean = () => true,
  ): Promise<Upgraded> {
    await this.#put(encoded, until, mayGo)
    const socket = new PassThrough()
    const going = { encoded, until }
    this.going.add(going)
    socket.once('close', () => this.going.delete(going))
    until?.whenOver(() => socket.destroy())
    return { hijacked: { socket, head: Buffer.alloc(0), contentType: undefined } }
  }

  /** A connection is waited for; then the request goes, or does not. */
  async #put(encoded: EncodedRequest, until: Until | undefined, mayGo: () => boolean): Promise<void> {
    await this.#wait(`the connection for ${encoded.path}`)
    if (until?.isOver === true) throw new EngineUnavailable('the client went away')
    if (!mayGo()) throw new NotSent('it was given up')
    this.#done(encoded)
  }

  #answer(going: Going): IncomingMessage {
    const { path } = going.encoded
    const [status, body] = this.#special(going.encoded) ?? this.#whatIs(path)
    // What is followed has no end of its own.
    if (/follow=1|\/wait\b/.test(path)) {
      const answer = begun(status)
      going.until?.whenOver(() => answer.destroy())
      answer.once('close', () => this.going.delete(going))
      return answer
    }
    this.going.delete(going)
    return answerOf(status, body)
  }

  #whatIs(path: string): readonly [number, unknown] {
    this.#count += 1
    const Id = this.#count.toString(16).padStart(64, '0')
    if (/\/containers\/create|\/exec$|\/commit/.test(path)) return [201, { Id, Warnings: [] }]
    if (path.includes('/distribution/')) return [200, { Descriptor: { digest: `sha256:${Id}` } }]
    if (/\/json/.test(path)) return [200, { Id, HostConfig: {}, Config: {} }]
    return /\/(?:start|stop|restart|unpause|kill)\b/.test(path) ? [204, ''] : [200, {}]
  }
}

/** An answer of an engine, of JSON or of text. */
export function answerOf(status: number, body: unknown): IncomingMessage {
  const answer = begun(status)
  answer.push(typeof body === 'string' ? body : JSON.stringify(body))
  answer.push(null)
  return answer
}

function begun(status: number): IncomingMessage {
  const answer = new IncomingMessage(new Socket())
  answer.headers = { 'content-type': 'application/json' }
  answer.statusCode = status
  return answer
}
