/** Runs a diagnostic: one program with exact arguments, no shell, nothing inherited, within limits of time and output. */
import type { Readable } from 'node:stream'
import { findProgram, ProgramError } from '../../programs/roots.ts'
import { exitCode, killGroup, startPiped, SYSTEM_PATH } from '../../programs/start.ts'
import { clean } from '../../shared/clean.ts'

/** Milliseconds. */
const LONGEST = 10_000
/** Milliseconds in which an output must end once its program has: another that left its group may hold it open for ever. */
const REST = 500
/** Bytes of each of the two outputs. */
const LARGEST = 256 * 2 ** 10

/** All that a program finds in its environment: where other programs are, the language, and that there is no pager. */
const ENVIRONMENT = {
  PATH: SYSTEM_PATH,
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
  PAGER: 'cat',
  SYSTEMD_PAGER: 'cat',
  SYSTEMD_COLORS: '0',
  SYSTEMD_URLIFY: '0',
}

export interface DiagnosticResult {
  readonly stdout: string
  readonly stderr: string
  /** The program's exit code; 124 after the time limit, 128 and its number after another signal. */
  readonly exit: number
  /** Whether output was cut. */
  readonly truncated: boolean
}

/**
 * Runs a program to its end, its limit, or until `signal`. Output is text without control characters.
 * @param paths where the program may be @throws {ProgramError} where it can't be run
 */
export async function runDiagnostic(
  paths: readonly string[],
  args: readonly string[],
  signal: AbortSignal,
): Promise<DiagnosticResult> {
  const program = await findProgram(paths)
  if (signal.aborted) throw new ProgramError('nobody waits for it any more')
  const child = startPiped({ file: program, words: args, env: ENVIRONMENT })
  const { promise: ended, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', (cause) => reject(new ProgramError(`it can't be run: ${cause.message}`)))
  let rest: NodeJS.Timeout | undefined
  child.once('exit', () => {
    killGroup(child)
    rest = setTimeout(() => {
      child.stdout.destroy()
      child.stderr.destroy()
    }, REST)
  })
  child.once('close', (code, by) => resolve(exitCode(code, by)))
  let late = false
  const timer = setTimeout(() => {
    late = true
    killGroup(child)
  }, LONGEST)
  const stop = (): void => killGroup(child)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
    const exit = await ended
    const why = late
      ? `\n[dockgate: ended after ${LONGEST / 1000} s, the most that a diagnostic may take]\n`
      : ''
    return {
      stdout: stdout.text(),
      stderr: stderr.text() + why,
      exit: late ? 124 : exit,
      truncated: stdout.cut() || stderr.cut(),
    }
  } finally {
    clearTimeout(timer)
    clearTimeout(rest)
    signal.removeEventListener('abort', stop)
  }
}

interface Collected {
  readonly text: () => string
  readonly cut: () => boolean
}

/** Reads an output to its end, and keeps as much of it as is given. */
function collect(stream: Readable): Collected {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    if (size < LARGEST) chunks.push(chunk.subarray(0, LARGEST - size))
    size += chunk.length
  })
  return {
    text: () => {
      const text = clean(Buffer.concat(chunks).toString('utf8')).text
      return size > LARGEST
        ? `${text}\n[dockgate: cut here; the first ${LARGEST} of ${size} bytes are shown, ask for less]\n`
        : text
    },
    cut: () => size > LARGEST,
  }
}
