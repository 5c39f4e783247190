/** What a docker command line does by itself on files of its account, whatever becomes of its calls to the engine. */
import { composeCommand } from './compose-words.ts'
import { globalOptions } from './docker-words.ts'

export interface LocalWork {
  readonly what: string
  /** Whether the command as a whole is such, and given with its word; else one option of it is in the way. */
  readonly isGiven: boolean
}

/** Compose's commands that write files or run programs before, or without, any call to the engine (compose 2.26 to 2.40). */
const COMPOSE = ['config', 'convert', 'publish', 'bridge', 'alpha']

/** `build --iidfile FILE` begins by removing FILE; `--cidfile` makes it. */
const WRITES = /^--(?:iid|cid)file(?:=|$)/

/** That of the words behind `docker`, or undefined where there is none. */
export function localWork(words: readonly string[]): LocalWork | undefined {
  const { rest } = globalOptions(words)
  if (rest[0] !== 'compose') {
    const option = rest.find((word) => WRITES.test(word))?.replace(/=.*/, '')
    return option === undefined ? undefined : { what: `${option} writes a file`, isGiven: false }
  }
  const found = composeCommand(rest.slice(1))
  if (found === undefined) {
    if (rest.slice(1).every((word) => word === '--help' || word === '--version')) return undefined
    return { what: 'an option before the command of compose is not known', isGiven: false }
  }
  const { command } = found
  return COMPOSE.includes(command)
    ? { what: `compose ${command} works on files of its own account`, isGiven: true }
    : undefined
}
