/**
 * One request to the gate. Written on a plain socket: loading Node's HTTP would take as long as all the rest. As HTTP/1.0,
 * so that the answer comes unframed: its first line is JSON, and the connection is what a session lives by.
 */
import { connect, type Socket } from 'node:net'
import { objectOf, type Unknown } from '../shared/json-value.ts'

export interface Asked {
  /** The answer's first line. */
  readonly value: Unknown
  /** Open as long as the gate holds something for this answer. */
  readonly connection: Socket
}

/** Bytes of an answer's first line; outputs are cut at a quarter of a mebibyte each, and JSON escapes at most six for one. */
const LARGEST = 16 * 2 ** 20

/**
 * Asks, and gives the answer's first line.
 * @param signal gives up, which ends what the gate does for it
 * @throws {Error} where no gate answers
 */
export function ask(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Asked> {
  const { promise, resolve, reject } = Promise.withResolvers<Asked>()
  const text = body === undefined ? '' : JSON.stringify(body)
  const connection = connect({ path: socketPath, ...(signal === undefined ? {} : { signal }) })
  const chunks: Buffer[] = []
  let size = 0
  const take = (chunk: Buffer): void => {
    chunks.push(chunk)
    size += chunk.length
    if (size > LARGEST) connection.destroy(new Error('the gate answers too much'))
    // A line feed of the head is followed by more head, so only the end of a chunk can be the end of the line.
    else if (chunk.at(-1) === LINE_FEED) finish()
  }
  const finish = (): void => {
    const answer = Buffer.concat(chunks).toString()
    const start = answer.indexOf('\r\n\r\n') + 4
    const line = answer.slice(start).trimEnd()
    if (start < 4 || line === '') return
    connection.removeListener('data', take)
    connection.resume()
    resolve({ value: objectOf(JSON.parse(line)), connection })
  }
  connection.on('data', take)
  connection.once('end', finish)
  connection.once('close', () => reject(new Error(`the gate at ${socketPath} gave no answer`)))
  connection.on('error', (cause) => reject(new Error(`no gate answers at ${socketPath}: ${cause.message}`)))
  const head = `${method} ${path} HTTP/1.0\r\nHost: dockgate\r\nContent-Type: application/json\r\n`
  connection.write(`${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  return promise
}

const LINE_FEED = 10
