/** The docker CLI against a session's socket, as the account of this process. */
import { spawn, type ChildProcess } from 'node:child_process'
import { userInfo } from 'node:os'
import { dockerEnvironment, isProgram, withoutNetwork } from '../../ssh/docker.ts'
import { DOCKER, NO_CONFIG } from '../../ssh/options.ts'
import type { DockerSession } from './surface.ts'

/** Which CLI is run. */
export interface DockerCli {
  /** Where it may be; the first that is there is run. */
  readonly programs: readonly string[]
  /** Its DOCKER_CONFIG. */
  readonly config: string
}

/** What an operator names, or what is usual. */
export function dockerCli(program: string | undefined, config: string | undefined): DockerCli {
  return { programs: program === undefined ? DOCKER : [program], config: config ?? NO_CONFIG }
}

/** Starts it in a process group of its own, with no input and a clean environment. @throws {Error} where there is none */
export function startDocker(cli: DockerCli, { socket, arguments: words }: DockerSession): ChildProcess {
  const program = cli.programs.find(isProgram)
  if (program === undefined)
    throw new Error(`the docker CLI is not here: there is no ${cli.programs.join(' or ')}`)
  const [file, args] = withoutNetwork(program, words)
  return spawn(file, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: dockerEnvironment(homeDirectory(), cli.config, socket),
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
