/** The docker CLI for a command that came in by SSH, on the streams of this process. */
import { accessSync, constants } from 'node:fs'
import { dockerCli, homeDirectory, startDocker, type DockerRun } from '../programs/docker.ts'
import { beginsBuild } from '../programs/builder-advice.ts'
import { textOf } from '../shared/json-value.ts'
import { ask } from './ask.ts'
import { passSignals, whenGone } from './interruption.ts'
import type { Options } from './options.ts'
import { print } from './print.ts'

export interface Command extends Pick<DockerRun, 'socket' | 'arguments' | 'binds'> {
  /** Where the verdict is, of a command that is only tried. */
  readonly verdict: string | undefined
}

/** Characters of the CLI's own complaint about a command that is only tried. */
const LONGEST_COMPLAINT = 4_000

/** Runs it to its end. Returns the exit code. @throws {Error} where it is not run, saying why */
export async function runDocker({ docker, config, socket }: Options, command: Command): Promise<number> {
  const { verdict } = command
  const home = homeDirectory()
  const run = { ...command, isTried: verdict !== undefined, directory: isEntered(home) ? home : '/' }
  // This process is its caller's, and so are its streams.
  const isRead = verdict !== undefined || beginsBuild(command.arguments)
  const streams = [0, verdict === undefined ? 1 : 'none', isRead ? 'pipe' : 2] as const
  const cli = await startDocker(dockerCli(docker, config), run, streams)
  // It would pass a signal on to what it runs, and a container outlives whoever started it: so it is cut off.
  whenGone(() => cli.kill())
  passSignals((signal) => cli.signal(signal))
  let complaint = ''
  cli.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (verdict === undefined) print(2, text)
    else if (complaint.length < LONGEST_COMPLAINT) complaint += text
  })
  const code = await cli.ended
  if (verdict === undefined) return code
  const { value } = await ask(socket, 'GET', `${verdict}?exit=${code}`)
  // Docker's own words are told only where nothing came to the gate.
  if (value['exit'] === USAGE) print(2, complaint)
  print(1, textOf(value['stdout']))
  print(2, textOf(value['stderr']))
  return Number(value['exit'])
}

const USAGE = 64

function isEntered(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK)
    return true
  } catch (cause) {
    if (cause instanceof Error) return false
    throw cause
  }
}
