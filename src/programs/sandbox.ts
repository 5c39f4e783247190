/**
 * Runs a program in a sandbox of bubblewrap's (bwrap(1)), as the account of this process and without any right beside: it can start no
 * other program (seccomp.ts), has no network, sees no other process, writes where it is told, and opens no socket in /run or /tmp
 * but those that it is shown. It ends with this process.
 */
import { existsSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { findRealProgram, ProgramError } from './roots.ts'
import { seccompFilter } from './seccomp.ts'
import { ended, killGroup, startProgram, type Program, type Stream } from './start.ts'

type ChildProcess = ReturnType<typeof startProgram>

/** Where bubblewrap is. */
const BWRAP = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/run/current-system/sw/bin/bwrap']

/** Places of sockets and temporary files of others, which are empty in a sandbox. (Nix's daemon builds for any account.) */
const EMPTY = ['/run', '/tmp', '/nix/var'].filter((path) => existsSync(path))
/** The sandbox's own directory for temporary files, and its bytes. In /tmp a file would seem to be written, and be gone. */
export const TEMPORARY = '/dev/shm'
const TEMPORARY_SIZE = 16 * 2 ** 20

/** Characters of what bubblewrap says where it fails. */
const LONGEST_COMPLAINT = 500

/** What a sandbox has of the host, by real paths. All else is there to be read, as far as the account may. */
export interface Bounds {
  /** Files and directories to write in. */
  readonly writable: readonly string[]
  /** What is to be seen also where all around it is empty. */
  readonly visible: readonly string[]
  /** Directories that are empty. */
  readonly hidden: readonly string[]
}

export interface Sandboxed {
  /** Its outputs, where they are pipes. */
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  /** The exit code. */
  readonly ended: Promise<number>
  /** Passes a signal to the program itself. */
  readonly signal: (signal: NodeJS.Signals) => void
  /** Ends it at once. */
  readonly kill: () => void
}

/** A program that is not run as it can't be held. The message says why, and what mends it. */
class SandboxError extends Error {
  override readonly name = 'SandboxError'

  constructor(why: string) {
    super(
      `docker is not run here, as this host can't hold it in a sandbox: ${why}. ` +
        'It needs bubblewrap (bwrap), and accounts that may make namespaces: docs/ssh.md#the-sandbox',
    )
  }
}

/**
 * Starts a program, once its sandbox is made.
 * @throws {SandboxError} where there is no bubblewrap, or not for this processor, or it can't make one
 */
export async function startInSandbox(program: Program, bounds: Bounds): Promise<Sandboxed> {
  const bwrap = await findRealProgram(BWRAP).catch((cause: unknown) => {
    if (cause instanceof ProgramError) throw new SandboxError(cause.message)
    throw cause
  })
  const filter = seccompFilter(process.arch)
  if (filter === undefined) throw new SandboxError(`there is no filter for ${process.arch} processors`)
  const words = [...options(bounds), '--', program.file, ...program.words]
  const begun = { ...program, file: bwrap, words }
  for (let left = TRIES; ; left -= 1) {
    const making = begin(begun, filter)
    if (await making.isMade) return sandboxed(making)
    const why = await complaintOf(making.child)
    // It failed at its first step, so it would fail again.
    if (left === 1 || making.status() === '') throw new SandboxError(why)
  }
}

/** How often it is tried: engines take their mounts away while bubblewrap walks them, and then it gives up. */
const TRIES = 5

interface Making {
  readonly child: ChildProcess
  /** What bubblewrap told of it so far: lines of JSON. */
  readonly status: () => string
  /** Whether all is set up, and the program about to be run; false where bubblewrap ended before. */
  readonly isMade: Promise<boolean>
}

function begin(program: Program, filter: Buffer): Making {
  const streams: readonly Stream[] = program.streams ?? ['none', 'pipe', 'pipe']
  const child = startProgram({ ...program, streams: [...streams, 'pipe', 'pipe', 'pipe'] })
  const filterInput = socketOf(child, FILTER)
  // Where it has ended before it read that, the last one tells.
  filterInput.on('error', () => undefined).end(filter)
  let status = ''
  const statusOutput = socketOf(child, STATUS)
  statusOutput.setEncoding('latin1').on('data', (part: string) => (status += part))
  const isMade = isRead(socketOf(child, MADE))
  return { child, status: () => status, isMade }
}

/** Gives one byte, and tells whether the other end read it before it was closed: a socket that is closed unread resets its peer. */
function isRead(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket
      .on('end', () => resolve(true))
      .on('error', () => resolve(false))
      .resume()
      .end('x')
  })
}

function socketOf(child: ChildProcess, number: number): Socket {
  const stream = child.stdio[number]
  if (!(stream instanceof Socket)) throw new TypeError('this one is a pipe')
  return stream
}

/** What it said, where this process reads that. */
async function complaintOf(child: ChildProcess): Promise<string> {
  const [told] = await Promise.all([child.stderr === null ? '' : text(child.stderr), ended(child)])
  return told.trim().slice(0, LONGEST_COMPLAINT) || 'bwrap failed'
}

function sandboxed({ child, status }: Making): Sandboxed {
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    ended: ended(child),
    signal: (signal) => {
      const [, first] = /"child-pid": ([0-9]+)/.exec(status()) ?? []
      if (first !== undefined && signalChild(first, signal)) return
      // What has not begun yet ends by it.
      if (signal !== 'SIGWINCH') killGroup(child)
    },
    kill: () => killGroup(child),
  }
}

/** Descriptors behind the three of the program: of the filter, of the status, and of the byte that is read once all is set up. */
const FILTER = 3
const STATUS = 4
const MADE = 5

function options({ writable, visible, hidden }: Bounds): readonly string[] {
  const empty = [...EMPTY, ...hidden.filter((path) => !isHidden(path))]
  const shown = [
    ...writable
      .filter((path) => path !== '/' && !EMPTY.includes(path))
      .map((path) => ['--bind', path] as const),
    ...visible
      .filter((path) => isHidden(path) && !writable.includes(path))
      .map((path) => ['--ro-bind', path] as const),
  ]
  // What is in another one goes over that.
  shown.sort(([, one], [, other]) => one.length - other.length)
  return [
    // Root has other accounts' files by a right that it would lose in a user namespace; it keeps no other.
    ...(process.getuid?.() === 0
      ? ['--cap-drop', 'ALL', '--cap-add', 'CAP_DAC_OVERRIDE']
      : ['--unshare-user']),
    ...['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--die-with-parent'],
    ...['--seccomp', String(FILTER), '--json-status-fd', String(STATUS), '--block-fd', String(MADE)],
    ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--remount-ro', '/dev'],
    ...['--size', String(TEMPORARY_SIZE), '--tmpfs', TEMPORARY],
    ...empty.flatMap((path) => ['--tmpfs', path]),
    ...shown.flatMap(([option, path]) => [option, path, path]),
    // Last, as what is shown in them is put there first.
    ...empty.flatMap((path) => ['--remount-ro', path]),
  ]
}

/** Whether a path is in a place that is empty. */
function isHidden(path: string): boolean {
  return EMPTY.some((place) => path.startsWith(`${place}/`))
}

/** Signals the program, which is the only child of the sandbox's first process. @returns false where there is none */
function signalChild(first: string, signal: NodeJS.Signals): boolean {
  try {
    const [child = ''] = readFileSync(`/proc/${first}/task/${first}/children`, 'latin1').split(' ')
    return child !== '' && process.kill(Number(child), signal)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ESRCH'))
      return false
    throw cause
  }
}
