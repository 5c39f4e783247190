/** Which of Docker's words make sense where in a policy. */
import { expandWord, SPELLINGS, SUBCOMMANDS, type Subcommand } from './subcommands.ts'

/** What can be done with one container that exists. */
const ON_A_CONTAINER: ReadonlySet<Subcommand> = new Set<Subcommand>([
  'inspect',
  'logs',
  'stats',
  'top',
  'diff',
  'wait',
  'start',
  'stop',
  'restart',
  'kill',
  'pause',
  'unpause',
  'attach',
  'exec',
  'cp',
  'export',
  'rename',
  'update',
  'rm',
])

const READS: ReadonlySet<Subcommand> = new Set<Subcommand>([
  'ps',
  'inspect',
  'logs',
  'stats',
  'top',
  'images',
  'image inspect',
  'history',
  'info',
  'version',
  'events',
  'system df',
  'network ls',
  'volume ls',
])

/** Spellings that `reach` may use: of commands on one container, no management words. */
export const REACH_WORDS: readonly string[] = spellingsOf(ON_A_CONTAINER)

/** Spellings that `unrecorded` may use: of reads. */
export const UNRECORDED_WORDS: readonly string[] = spellingsOf(READS)

/** Rights of several words, in Docker's order, each once. */
export function expandWords(words: readonly string[]): readonly Subcommand[] {
  const rights = new Set(words.flatMap(expandWord))
  return SUBCOMMANDS.filter((word) => rights.has(word))
}

function spellingsOf(rights: ReadonlySet<Subcommand>): readonly string[] {
  return SPELLINGS.filter((spelling) => {
    const meant = expandWord(spelling)
    return meant.length === 1 && meant.every((right) => rights.has(right))
  })
}
