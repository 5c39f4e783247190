/** A raw HTTP client on a unix socket: the bytes of a request are made once, and an answer is parsed no further than its end. */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** The body as it came, with the frames of a chunked one. */
  readonly body: Buffer
}

const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = Buffer.from(`0${HEAD_END}`)

/** One connection, with one request at a time. */
export class Connection {
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #received = 0
  /** Where the answer ends: counted in bytes, or by the last chunk; undefined while its head is not there. */
  #length: number | 'chunked' | undefined
  #status = 0
  #bodyStart = 0
  #waiting: PromiseWithResolvers<Answer> | undefined

  /** @param path of the socket */
  constructor(path: string) {
    this.#socket = connect(path)
    this.#socket.on('data', (chunk) => this.#take(chunk))
    this.#socket.on('error', (cause) => this.#waiting?.reject(cause))
    this.#socket.on('close', () => this.#waiting?.reject(new Error(`${path} closed the connection`)))
  }

  /** Sends a request and reads the answer whole. */
  send(request: Buffer): Promise<Answer> {
    this.#waiting = Promise.withResolvers()
    this.#socket.write(request)
    return this.#waiting.promise
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#received += chunk.length
    if (this.#length === undefined) this.#readHead()
    if (this.#length === undefined) return
    const ended =
      this.#length === 'chunked'
        ? chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
        : this.#received >= this.#bodyStart + this.#length
    if (!ended) return
    const body = this.#all().subarray(this.#bodyStart)
    this.#chunks = []
    this.#received = 0
    this.#length = undefined
    this.#waiting?.resolve({ status: this.#status, body })
  }

  #readHead(): void {
    const all = this.#all()
    const end = all.indexOf(HEAD_END)
    if (end === -1) return
    const head = all.toString('latin1', 0, end)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    this.#status = Number(head.slice(9, 12))
    this.#bodyStart = end + HEAD_END.length
    // A 204 has neither a length nor chunks.
    this.#length = length === undefined ? (this.#status === 204 ? 0 : 'chunked') : Number(length)
  }

  #all(): Buffer {
    const [first] = this.#chunks
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
  }
}

/** The bytes of a request. @param body of JSON */
export function requestBytes(method: string, path: string, body?: unknown): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: docker', 'User-Agent: Docker-Client/26.1.5 (linux)']
  if (body !== undefined)
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`)
  return Buffer.from(`${lines.join('\r\n')}${HEAD_END}${text}`)
}

/** One request on a connection of its own. @throws {Error} for another status than those expected */
export async function ask(path: string, request: Buffer, ...expected: readonly number[]): Promise<Answer> {
  const connection = new Connection(path)
  try {
    return checked(await connection.send(request), expected)
  } finally {
    connection.close()
  }
}

/** The answer itself. @throws {Error} for another status than those expected */
export function checked(answer: Answer, expected: readonly number[]): Answer {
  if (expected.includes(answer.status)) return answer
  throw new Error(`the answer is ${answer.status}: ${answer.body.toString().slice(0, 400)}`)
}
