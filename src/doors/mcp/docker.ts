/** The docker CLI against a session's socket, as the account of this process. */
import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { userInfo } from 'node:os'
import type { DockerSession } from './surface.ts'

/** Which CLI is run. */
export interface DockerCli {
  /** Where it may be; the first that is there is run. */
  readonly programs: readonly string[]
  /** Its DOCKER_CONFIG. */
  readonly config: string
}

const USUAL = ['/usr/bin/docker', '/usr/local/bin/docker', '/run/current-system/sw/bin/docker']
/** A directory that is not there, and that only root could make. */
const NO_CONFIG = '/nonexistent/docker'

/** What an operator names, or what is usual. */
export function dockerCli(program: string | undefined, config: string | undefined): DockerCli {
  return { programs: program === undefined ? USUAL : [program], config: config ?? NO_CONFIG }
}

/** Starts it in a process group of its own, with no input and a clean environment. @throws {Error} where there is none */
export function startDocker(cli: DockerCli, { socket, arguments: words }: DockerSession): ChildProcess {
  const program = cli.programs.find(isThere)
  if (program === undefined)
    throw new Error(`the docker CLI is not here: there is no ${cli.programs.join(' or ')}`)
  return spawn(program, words, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      // No search path: credential helpers and the like are programs that the CLI would run for its caller.
      PATH: '/nonexistent',
      HOME: homeDirectory(),
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      DOCKER_HOST: `unix://${socket}`,
      DOCKER_CONFIG: cli.config,
      DOCKER_BUILDKIT: '0',
      DOCKER_CLI_HINTS: 'false',
    },
  })
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

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (cause) {
    if (cause instanceof Error) return false
    throw cause
  }
}
