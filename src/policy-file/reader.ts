/** The child process of load.ts: reads and checks the policy, tells the result and ends. Its input is the file's name. */
import { closeSync, createReadStream, fstatSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { serialize } from 'node:v8'
import { lookAtHost } from '../host/policy-on-host.ts'
import type { LoadAnswer } from './load.ts'
import { notesOf } from '../policy/noted.ts'
import { LARGEST_POLICY, parsePolicy } from '../policy/parse.ts'

/** The file itself, opened by whoever started this. */
const POLICY = 3

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
  const all = [...notesOf(parsed.policy), ...notes]
  return { policy: parsed.policy, notes: parsed.placed(all), text: written }
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (cause instanceof TypeError) return undefined
    throw cause
  }
}

/** Milliseconds without a change after which a file counts as written: a kernel's clock for files goes in steps of 10 at most. */
const QUIET = 50
const MOST_TRIES = 20

/** The file as it was at one moment: what is written into while it is read would be neither the old policy nor the new one. */
async function read(): Promise<Buffer> {
  for (let tries = 1; ; tries += 1) {
    const before = stateOfFile()
    const bytes = await readAll(before === undefined ? {} : { start: 0 })
    const after = stateOfFile()
    // A pipe has no state.
    if (after === undefined || (before?.text === after.text && after.age > QUIET)) return bytes
    if (tries === MOST_TRIES) throw new Error('it is written into all the time')
    await pause(QUIET)
  }
}

function stateOfFile(): { readonly text: string; readonly age: number } | undefined {
  const status = fstatSync(POLICY, { bigint: true })
  const { size, mtimeNs, ctimeNs, ctimeMs } = status
  // Of a clock that was set back nothing is known.
  const age = Math.abs(Date.now() - Number(ctimeMs))
  return status.isFile() ? { text: [size, mtimeNs, ctimeNs].join(' '), age } : undefined
}

/** All of it, or as much as shows that it is too large; it may be a pipe without end. */
async function readAll(from: { readonly start?: number }): Promise<Buffer> {
  const chunks: Buffer[] = []
  const stream = createReadStream('', { fd: POLICY, autoClose: false, end: LARGEST_POLICY, ...from })
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function wrongAsAWhole(file: string, message: string): LoadAnswer {
  return { problems: [{ file, line: 1, column: 1, message, quote: '' }] }
}

const TOLD = 1

/** Reads the policy, and tells what it is. */
export async function main(): Promise<void> {
  writeFileSync(TOLD, serialize(await load(await text(process.stdin))))
  // That is all: whether this process can end, nobody waits for.
  closeSync(TOLD)
}
