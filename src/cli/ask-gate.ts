/** Asks the running gate by its control socket. docs/operator-api.md has what it answers. */
import type { IncomingMessage } from 'node:http'
import type * as z from 'zod'
import { controlSocket } from '../record/state-directory.ts'
import { request } from '../http/http.ts'
import { objectOf, textOf } from '../shared/json-value.ts'

/** Milliseconds, and characters, of the gate's answer. */
const LONGEST = 5_000
const LARGEST = 16 * 2 ** 20

/** The gate answers that it does not do it, and why. */
export class GateRefuses extends Error {
  override readonly name = 'GateRefuses'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What answers tells something else than a gate of this version does. */
export class NotOfAGate extends Error {
  override readonly name = 'NotOfAGate'
}

/** What the gate is to tell, and how that is called in a message: `a status`. */
export interface Told<T> {
  readonly called: string
  readonly schema: z.ZodType<T>
}

/**
 * What the gate of a state directory answers with.
 * @param longest milliseconds
 * @throws {GateRefuses | NotOfAGate} and what says why no gate answers
 */
export async function askGate<T>(
  directory: string,
  method: 'GET' | 'POST',
  path: string,
  told: Told<T>,
  longest = LONGEST,
): Promise<T> {
  const signal = AbortSignal.timeout(longest)
  try {
    return readTold(await readAnswer(await openAnswer(directory, method, path, signal)), told)
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new Error(`it took more than ${longest / 1000} s`, { cause })
  }
}

/** The beginning of an answer that is read as it comes. @throws {GateRefuses | NotOfAGate} and what says why no gate answers */
export async function openAnswer(
  directory: string,
  method: 'GET' | 'POST',
  path: string,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { socketPath: controlSocket(directory), method, path: `/v1${path}` }
    request(signal === undefined ? options : { ...options, signal }, resolve)
      .on('error', reject)
      .end()
  })
  const { statusCode: status = 0 } = answer
  if (status === 200) return answer
  const message = textOf(objectOf(parse(await readAnswer(answer), 'an answer'))['message'])
  throw new GateRefuses(status, message === '' ? `it answers ${status}` : message)
}

function readAnswer(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.length > LARGEST) answer.destroy(new Error(`its answer is larger than ${LARGEST} characters`))
    })
    answer.once('end', () => resolve(text))
    answer.once('error', reject)
  })
}

/** @throws {NotOfAGate} */
export function readTold<T>(text: string, { called, schema }: Told<T>): T {
  const read = schema.safeParse(parse(text, called))
  if (read.success) return read.data
  throw notOfAGate(called, read.error)
}

function parse(text: string, called: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw notOfAGate(called, cause)
  }
}

function notOfAGate(called: string, cause: unknown): NotOfAGate {
  return new NotOfAGate(`what it says is not ${called} of a gate`, { cause })
}
