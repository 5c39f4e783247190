/** The worker thread of load.ts: reads and checks one policy file, tells the result and ends. */
import { createReadStream } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import type { LoadAnswer } from './load.ts'
import { LARGEST_POLICY, parsePolicy } from './parse.ts'

const file = z.string().parse(workerData)
parentPort?.postMessage(await load())

async function load(): Promise<LoadAnswer> {
  let bytes: Buffer
  try {
    bytes = await read()
  } catch (cause) {
    return { unreadable: cause instanceof Error ? cause.message : String(cause) }
  }
  if (bytes.length > LARGEST_POLICY) return wrongAsAWhole('is larger than 1 MiB')
  try {
    return parsePolicy(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    return wrongAsAWhole('is not UTF-8 text')
  }
}

/** The file, or as much of it as shows that it is too large; it may be a pipe without end. */
async function read(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(file, { end: LARGEST_POLICY })) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function wrongAsAWhole(message: string): LoadAnswer {
  return { problems: [{ file, line: 1, column: 1, message, quote: '' }] }
}
