/** Runs a short program of the system to its end. */
import type { Readable } from 'node:stream'
import { ended, killGroup, startPiped, SYSTEM_PATH, type Program } from './start.ts'

export interface Ran {
  /** As a shell has it. */
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Milliseconds that a program may take. */
const LONGEST = 10_000
/** Bytes that are kept of an output. */
const LARGEST = 2 ** 20

/** Runs it, and gives what it printed. @throws {Error} where it can't be started, or does not end in time */
export async function runProgram(program: Program): Promise<Ran> {
  const child = startPiped({ ...program, env: { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', ...program.env } })
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    killGroup(child)
    late.reject(new Error(`${program.file} did not end within ${LONGEST / 1000} s`))
  }, LONGEST)
  try {
    const code = await Promise.race([ended(child), late.promise])
    return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }
  } finally {
    clearTimeout(timer)
  }
}

function collect(stream: Readable): readonly Buffer[] {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    if (size < LARGEST) chunks.push(chunk.subarray(0, LARGEST - size))
    size += chunk.length
  })
  return chunks
}
