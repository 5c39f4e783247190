/** The child process of load.ts: reads and checks the policy file that it is told, tells the result and ends. */
import { createReadStream } from 'node:fs'
import { z } from 'zod'
import type { LoadAnswer } from './load.ts'
import { LARGEST_POLICY, parsePolicy } from './parse.ts'

process.once('message', (message) => {
  // With the channel closed, nothing keeps this process.
  void load(z.string().parse(message)).then((answer) => process.send?.(answer, () => process.disconnect()))
})

async function load(file: string): Promise<LoadAnswer> {
  let bytes: Buffer
  try {
    bytes = await read(file)
  } catch (cause) {
    return { unreadable: cause instanceof Error ? cause.message : String(cause) }
  }
  if (bytes.length > LARGEST_POLICY) return wrongAsAWhole(file, 'is larger than 1 MiB')
  try {
    return parsePolicy(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    return wrongAsAWhole(file, 'is not UTF-8 text')
  }
}

/** The file, or as much of it as shows that it is too large; it may be a pipe without end. */
async function read(file: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(file, { end: LARGEST_POLICY })) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function wrongAsAWhole(file: string, message: string): LoadAnswer {
  return { problems: [{ file, line: 1, column: 1, message, quote: '' }] }
}
