/** The real docker CLI as the worker's account, in an environment of the gate's making, on a session's socket. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { constants as system, userInfo } from 'node:os'
import { textOf } from '../shared/json-value.ts'
import { ask } from './ask.ts'
import { passSignals, whenGone } from './gone.ts'
import type { Options } from './options.ts'
import { print } from './print.ts'

export interface DockerRun {
  readonly socket: string
  readonly arguments: readonly string[]
  /** Where the verdict is, of a command that is only tried. */
  readonly verdict: string | undefined
}

const UNAVAILABLE = 69
/** Characters of the CLI's own complaint about a command that is only tried. */
const LONGEST_COMPLAINT = 4_000

/** Runs it to its end. Returns the exit code. */
export async function runDocker(options: Options, run: DockerRun): Promise<number> {
  const program = options.docker.find(isProgram)
  if (program === undefined) {
    print(2, `dockgate: the docker CLI is not on this host: there is no ${options.docker.join(' or ')}\n`)
    return UNAVAILABLE
  }
  const home = userInfo().homedir
  const [file, words] = withoutNetwork(program, run.arguments)
  const child = spawn(file, words, {
    cwd: isProgram(home) ? home : '/',
    env: dockerEnvironment(home, options.config, run.socket),
    stdio: run.verdict === undefined ? 'inherit' : ['inherit', 'ignore', 'pipe'],
  })
  // It would pass a signal on to what it runs, and a container outlives whoever started it: so it is cut off.
  whenGone(() => child.kill('SIGKILL'))
  passSignals(child)
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < LONGEST_COMPLAINT) complaint += text
  })
  const code = await ended(child)
  if (run.verdict === undefined) return code
  const { value } = await ask(options.socket, 'GET', `${run.verdict}?exit=${code}`)
  // Docker's own words are told only where nothing came to the gate.
  if (value['exit'] === USAGE) print(2, complaint)
  print(1, textOf(value['stdout']))
  print(2, textOf(value['stderr']))
  return Number(value['exit'])
}

const USAGE = 64

/**
 * The CLI's environment: nothing of whoever asks. There is no search path: git, credential helpers and the providers of a compose
 * file are programs that the CLI would run for its caller.
 */
export function dockerEnvironment(
  home: string,
  config: string,
  socket: string,
): Readonly<Record<string, string>> {
  return {
    PATH: '/nonexistent',
    HOME: home,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_CONFIG: config,
    DOCKER_BUILDKIT: '0',
    DOCKER_CLI_HINTS: 'false',
    COMPOSE_BAKE: 'false',
    COMPOSE_MENU: 'false',
    COMPOSE_EXPERIMENTAL_GIT_REMOTE: 'false',
    COMPOSE_EXPERIMENTAL_OCI_REMOTE: 'false',
  }
}

/** Where util-linux has it. */
const UNSHARE = ['/usr/bin/unshare', '/run/current-system/sw/bin/unshare']

/**
 * How a program is run with no network but sockets in the file system: a compose file's build context is an address that the CLI
 * itself would fetch, with the host's loopback in its reach. Where the kernel gives the account no namespaces it is run as it is.
 */
export function withoutNetwork(program: string, words: readonly string[]): readonly [string, string[]] {
  namespaces ??= findNamespaces()
  const [file, ...all] = [...namespaces, program, ...words]
  return [file ?? program, all]
}

/** What a program is started by, if anything. The kernel's answer stays, so it is asked once. */
let namespaces: readonly string[] | undefined

function findNamespaces(): readonly string[] {
  const unshare = UNSHARE.find(isProgram)
  if (unshare === undefined) return []
  // Root has other accounts' files by a right that it would lose in a user namespace, and needs none.
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user']
  const options = [...user, '--net', '--']
  const { status } = spawnSync(unshare, [...options, unshare, '--version'], { stdio: 'ignore', env: {} })
  return status === 0 ? [unshare, ...options] : []
}

/** True for a file that may be run, or a directory that may be entered. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (cause) {
    if (cause instanceof Error) return false
    throw cause
  }
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : system.signals[signal])),
    )
  })
}
