/** The child process of load.ts: reads and checks the policy, tells the result and ends. Its input is the file's name. */
import { createReadStream } from 'node:fs'
import { text } from 'node:stream/consumers'
import { serialize } from 'node:v8'
import { lookAtHost } from '../host/policy-on-host.ts'
import type { LoadAnswer } from './load.ts'
import { LARGEST_POLICY, parsePolicy } from './parse.ts'

/** The file itself, opened by whoever started this. */
const POLICY = 3

process.stdout.write(serialize(await load(await text(process.stdin))))

async function load(file: string): Promise<LoadAnswer> {
  let bytes: Buffer
  try {
    bytes = await read()
  } catch (cause) {
    return { unreadable: cause instanceof Error ? cause.message : String(cause) }
  }
  if (bytes.length > LARGEST_POLICY) return wrongAsAWhole(file, 'is larger than 1 MiB')
  const written = textOf(bytes)
  if (written === undefined) return wrongAsAWhole(file, 'is not UTF-8 text')
  const parsed = parsePolicy(written, file)
  if ('problems' in parsed) return parsed
  const { findings, notes } = await lookAtHost(parsed.policy, file)
  if (findings.length > 0) return { problems: parsed.placed(findings) }
  return { policy: parsed.policy, notes: parsed.placed(notes) }
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (cause instanceof TypeError) return undefined
    throw cause
  }
}

/** The file, or as much of it as shows that it is too large; it may be a pipe without end. */
async function read(): Promise<Buffer> {
  const chunks: Buffer[] = []
  const stream = createReadStream('', { fd: POLICY, end: LARGEST_POLICY })
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function wrongAsAWhole(file: string, message: string): LoadAnswer {
  return { problems: [{ file, line: 1, column: 1, message, quote: '' }] }
}
