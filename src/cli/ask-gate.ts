/** Asks the running gate by its control socket. */
import type { IncomingMessage } from 'node:http'
import { controlSocket } from '../doors/control.ts'
import { request } from '../shared/http.ts'
import { objectOf, textOf } from '../shared/json-value.ts'

/** Milliseconds, and characters, of the gate's answer. */
const LONGEST = 5_000
const LARGEST = 16 * 2 ** 20

/** The gate answers that it can't. */
class GateRefuses extends Error {
  override readonly name = 'GateRefuses'
}

/**
 * The JSON that the gate of a state directory answers with.
 * @param longest milliseconds
 * @throws {GateRefuses} and what says why no gate answers
 */
export async function askGate(
  directory: string,
  method: 'GET' | 'POST',
  path: string,
  longest = LONGEST,
): Promise<unknown> {
  const signal = AbortSignal.timeout(longest)
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath: controlSocket(directory), method, path, signal }, resolve)
        .on('error', reject)
        .end()
    })
    const text = await readAnswer(answer)
    if (answer.statusCode === 200) return parse(text)
    if (answer.statusCode === 422 || answer.statusCode === 503)
      throw new GateRefuses(textOf(objectOf(parse(text))['message']))
    throw new Error(`it answers ${answer.statusCode}`)
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new Error(`it took more than ${longest / 1000} s`, { cause })
  }
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('what it says is no status of a gate', { cause })
  }
}
