/** The real docker CLI for a worker: in an environment of the gate's making, on a session's socket, in a sandbox. */
import { lstat, realpath } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { text } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { beginsBuild, withoutBuilderAdvice } from './builder-advice.ts'
import { findPlugin, pluginDirectories, pluginOf } from './plugins.ts'
import { findRealProgram } from './roots.ts'
import { startInSandbox, TEMPORARY, type Sandboxed } from './sandbox.ts'
import type { Stream } from './start.ts'

/** Which CLI is run. */
export interface DockerCli {
  /** Where it may be; the first that is there is run. */
  readonly programs: readonly string[]
  /** Its DOCKER_CONFIG. */
  readonly config: string
}

/** Where the docker CLI usually is. */
const DOCKER = ['/usr/bin/docker', '/usr/local/bin/docker', '/run/current-system/sw/bin/docker']
/** A directory that is not there, and that only root could make. */
const NO_CONFIG = '/nonexistent/docker'

/** What an operator names, or what is usual. */
export function dockerCli(program: string | undefined, config: string | undefined): DockerCli {
  return { programs: program === undefined ? DOCKER : [program], config: config ?? NO_CONFIG }
}

export interface DockerRun {
  /** The session's socket. */
  readonly socket: string
  readonly arguments: readonly string[]
  /** Directories of the host that the worker's containers may mount, and so may be read and written in here too. */
  readonly binds: readonly { readonly path: string; readonly mode: 'ro' | 'rw' }[]
  /** Whether it is only tried, so that it is to leave nothing behind. */
  readonly isTried: boolean
  /** Where it begins. */
  readonly directory: string
}

/**
 * Starts it, or its plugin in its place.
 * @param streams its descriptors, as startProgram takes them
 * @throws {ProgramError} where the CLI or its plugin is not there, or is not root's
 * @throws {SandboxError} where this host can't hold it
 */
export async function startDocker(
  cli: DockerCli,
  run: DockerRun,
  streams: readonly Stream[],
): Promise<Sandboxed> {
  const docker = await findRealProgram(cli.programs)
  const directories = await pluginDirectories(cli.config)
  const name = pluginOf(run.arguments)
  const plugin = name === undefined ? undefined : await findPlugin(name, directories)
  const home = homeDirectory()
  const { writable, readable } = await places(run, home)
  const file = plugin ?? docker
  const program = {
    file,
    words: run.arguments,
    env: environment(home, cli.config, run.socket, plugin === undefined ? undefined : docker),
    directory: run.directory,
    streams,
  }
  const started = await startInSandbox(program, {
    writable,
    visible: await present([file, cli.config, run.socket, ...readable]),
    // It starts every plugin that it finds, to ask what it is; where there is none, it has none to complain of.
    hidden: plugin === undefined ? await present(directories) : [],
  })
  return beginsBuild(run.arguments) ? withoutAdvice(started) : started
}

/** A build's CLI, which has ended when what it says is read too. */
function withoutAdvice(started: Sandboxed): Sandboxed {
  if (started.stderr === null) return started
  const stderr = withoutBuilderAdvice(started.stderr)
  const read = finished(stderr)
  // It is awaited below, where the program was run at all.
  read.catch(() => undefined)
  return { ...started, stderr, ended: started.ended.then((code) => read.then(() => code)) }
}

/** Whether commands are run at all here, and what they print or why not. Nothing is asked of an engine. */
export interface Tried {
  readonly isRun: boolean
  readonly text: string
}

/** Runs the CLI where it needs no engine: `--version`, `compose version`. */
export async function tryDocker(cli: DockerCli, words: readonly string[]): Promise<Tried> {
  try {
    const run = {
      socket: '/nonexistent/docker.sock',
      arguments: words,
      binds: [],
      isTried: true,
      directory: '/',
    }
    const { stdout, ended } = await startDocker(cli, run, ['none', 'pipe', 'pipe'])
    const [told, code] = await Promise.all([stdout === null ? '' : text(stdout), ended])
    return { isRun: code === 0, text: told.trim() }
  } catch (cause) {
    if (cause instanceof Error) return { isRun: false, text: cause.message }
    throw cause
  }
}

interface Places {
  readonly writable: readonly string[]
  readonly readable: readonly string[]
}

/**
 * Where it may write: its bind roots, its account's home, and where it begins if that is the account's; nowhere if it is only tried.
 * Those may be read, and what the command names of the account's own in /tmp.
 */
async function places(run: DockerRun, home: string): Promise<Places> {
  const { binds, directory, isTried } = run
  // One that leads elsewhere by now is not what the policy means.
  const roots = await chosen(binds, async ({ path }) => (await realOf(path)) === path)
  // Everything is root's, so it has no place of its own but its home.
  const own = await chosen(process.getuid?.() === 0 ? [home] : [home, directory], isOwn)
  const named = run.arguments.flatMap((word) => word.match(/\/tmp\/[^/,:]+/g) ?? [])
  const readable = [...roots.map(({ path }) => path), home, directory, ...(await chosen(named, isOwn))]
  if (isTried) return { writable: [], readable }
  const writable = roots.flatMap(({ path, mode }) => (mode === 'rw' ? [path] : []))
  return { writable: [...writable, ...(await present(own))], readable }
}

/** Whether the account has a file or directory there, and no link. */
async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found?.uid === process.getuid?.() && (found?.isDirectory() === true || found?.isFile() === true)
}

async function chosen<T>(all: readonly T[], is: (one: T) => Promise<boolean>): Promise<readonly T[]> {
  const chooses = await Promise.all(all.map(is))
  return all.filter((_, index) => chooses[index])
}

function realOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined)
}

/** Those of the paths that are there, without links. */
async function present(paths: readonly string[]): Promise<readonly string[]> {
  return (await Promise.all(paths.map(realOf))).filter((path) => path !== undefined)
}

/** The account's; one that this host does not know has none. */
export function homeDirectory(): string {
  try {
    return userInfo().homedir
  } catch (cause) {
    if (cause instanceof Error) return '/nonexistent'
    throw cause
  }
}

/**
 * The CLI's environment: nothing of whoever asks.
 * @param docker the CLI's path, for a plugin: by it a plugin knows that it was not called by itself
 */
function environment(
  home: string,
  config: string,
  socket: string,
  docker: string | undefined,
): Readonly<Record<string, string>> {
  return {
    PATH: '/nonexistent',
    HOME: home,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    TMPDIR: TEMPORARY,
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_CONFIG: config,
    DOCKER_BUILDKIT: '0',
    DOCKER_CLI_HINTS: 'false',
    COMPOSE_BAKE: 'false',
    COMPOSE_MENU: 'false',
    COMPOSE_EXPERIMENTAL_GIT_REMOTE: 'false',
    COMPOSE_EXPERIMENTAL_OCI_REMOTE: 'false',
    ...(docker === undefined ? {} : { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: docker }),
  }
}
