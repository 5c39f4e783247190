/**
 * Docker's words. A right is one canonical word; the old and the new spelling of a command are the same right.
 * Source: the docker CLI's command reference; what a word covers on the wire is stated in policy/grants.ts.
 */

/** Canonical words with their other spellings. */
const WORDS = {
  ps: ['container ls', 'container list', 'container ps'],
  inspect: ['container inspect'],
  logs: ['container logs'],
  stats: ['container stats'],
  top: ['container top'],
  create: ['container create'],
  run: ['container run'],
  start: ['container start'],
  stop: ['container stop'],
  restart: ['container restart'],
  kill: ['container kill'],
  pause: ['container pause'],
  unpause: ['container unpause'],
  wait: ['container wait'],
  rename: ['container rename'],
  update: ['container update'],
  rm: ['container rm', 'container remove'],
  attach: ['container attach'],
  exec: ['container exec'],
  cp: ['container cp'],
  export: ['container export'],
  diff: ['container diff'],
  commit: ['container commit'],
  'container prune': [],
  images: ['image ls', 'image list'],
  'image inspect': [],
  history: ['image history'],
  pull: ['image pull'],
  push: ['image push'],
  rmi: ['image rm', 'image remove'],
  build: ['image build', 'builder build'],
  tag: ['image tag'],
  save: ['image save'],
  load: ['image load'],
  import: ['image import'],
  'image prune': [],
  'builder prune': [],
  search: [],
  'network ls': ['network list'],
  'network inspect': [],
  'network create': [],
  'network connect': [],
  'network disconnect': [],
  'network rm': ['network remove'],
  'network prune': [],
  'volume ls': ['volume list'],
  'volume inspect': [],
  'volume create': [],
  'volume update': [],
  'volume rm': ['volume remove'],
  'volume prune': [],
  info: ['system info'],
  version: [],
  events: ['system events'],
  'system df': [],
  'system prune': [],
  compose: [],
  login: [],
} as const satisfies Record<string, readonly string[]>

export type Subcommand = keyof typeof WORDS

/** Words that stand for all of their known commands. */
const MANAGEMENT = ['container', 'image', 'network', 'volume', 'system', 'builder'] as const

/** Every canonical word, in the order of the table. */
export const SUBCOMMANDS: readonly Subcommand[] = Object.keys(WORDS).filter(isSubcommand)

const CANONICAL: ReadonlyMap<string, Subcommand> = new Map(
  SUBCOMMANDS.flatMap((word) => [word, ...WORDS[word]].map((spelling) => [spelling, word] as const)),
)

/** Every spelling that a policy may use, management words included. */
export const SPELLINGS: readonly string[] = [...CANONICAL.keys(), ...MANAGEMENT]

/** The rights that one word of a policy gives: one for a command, several for a management word, none if unknown. */
export function expandWord(written: string): readonly Subcommand[] {
  const word = written.trim().replace(/\s+/g, ' ')
  const canonical = CANONICAL.get(word)
  if (canonical !== undefined) return [canonical]
  if (!MANAGEMENT.some((management) => management === word)) return []
  return SUBCOMMANDS.filter((subcommand) =>
    [subcommand, ...WORDS[subcommand]].some((spelling) => spelling.startsWith(`${word} `)),
  )
}

/** A word of a command as the CLI takes it: nothing that `expandWord` would read more loosely. */
const PLAIN = /^[a-z]+(?:-[a-z]+)*$/

/** The command that words behind `docker` begin with, in one or two of them; undefined for what is not a known command. */
export function commandOf([first = '', second = '']: readonly string[]):
  | { readonly written: string; readonly length: number; readonly subcommand: Subcommand }
  | undefined {
  if (!PLAIN.test(first)) return undefined
  const spellings = PLAIN.test(second) ? [[first, second], [first]] : [[first]]
  for (const spelling of spellings) {
    const written = spelling.join(' ')
    const [subcommand, ...others] = expandWord(written)
    if (subcommand !== undefined && others.length === 0)
      return { written, length: spelling.length, subcommand }
  }
  return undefined
}

function isSubcommand(word: string): word is Subcommand {
  return Object.hasOwn(WORDS, word)
}
