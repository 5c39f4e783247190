/** MCP on standard input and output: a process of its own, as this one loads nothing of it. */
import { self } from '../programs/self.ts'
import { ended, startProgram } from '../programs/start.ts'
import { passSignals, whenGone } from './interruption.ts'
import type { Options } from './options.ts'

/** Runs it to its end. Returns the exit code. @param key which came in, for the record */
export function runMcp(
  { worker, socket, docker, config }: Options,
  key: string | undefined,
): Promise<number> {
  const words = ['--worker', worker, '--socket', socket]
  for (const [option, value] of [
    ['--docker', docker],
    ['--docker-config', config],
    ['--key', key],
  ] as const)
    if (value !== undefined) words.push(option, value)
  const child = startProgram({
    ...self('mcp', words),
    // This process is its caller's, and so are its streams.
    streams: [0, 1, 2],
  })
  whenGone(() => child.kill())
  passSignals((signal) => child.kill(signal))
  return ended(child)
}
