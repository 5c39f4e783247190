/** Dockgate as one file that has its runtime in it (scripts/executable.ts). */
import { isSea } from 'node:sea'

/** As bin/dockgate gives them. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=4', '--disallow-code-generation-from-strings']

/** The option by which the file takes flags of Node's. */
export function flagsOption(flags: readonly string[]): string {
  return `--node-options=${flags.join(' ')}`
}

/** Goes on as the same process with the flags that a gate runs with; returns where it has them, or is not that file. */
export function withFlags(words: readonly string[]): void {
  if (!isSea() || FLAGS.every((flag) => process.execArgv.includes(flag))) return
  process.execve?.(process.execPath, [process.execPath, flagsOption(FLAGS), ...words], process.env)
}
