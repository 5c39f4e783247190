/**
 * Docker's words. A right is one canonical word; the old and the new spelling of a command are the same right.
 * Source: the docker CLI's command reference; what a word covers on the wire is stated in policy/grants.ts.
 */

/** What a command does to what is there: reads it, changes or adds to it, or takes it away. */
export type Risk = 'read' | 'write' | 'destroy'

/** What is known of a right. */
export interface Word {
  /** Other spellings. */
  readonly also?: readonly string[]
  /** What takes away gives the same when done twice; a signal does not, so `kill` and `stop` are changes. */
  readonly risk: Risk
  /** A read that an operator can let go on while it can't be recorded. */
  readonly unrecorded?: true
  /** Of what can be done with one container that exists: what it means on one of the operator's, empty where that is plain. */
  readonly reach?: string
  /** What it means on the worker's own objects, where that isn't plain. */
  readonly note?: string
}

/** Canonical words. */
const WORDS = {
  ps: { also: ['container ls', 'container list', 'container ps'], risk: 'read', unrecorded: true },
  inspect: {
    also: ['container inspect'],
    risk: 'read',
    unrecorded: true,
    reach: 'shows its environment variables, with the passwords in them',
  },
  logs: {
    also: ['container logs'],
    risk: 'read',
    unrecorded: true,
    reach: 'shows whatever it prints, secrets too',
  },
  stats: { also: ['container stats'], risk: 'read', unrecorded: true, reach: '' },
  top: {
    also: ['container top'],
    risk: 'read',
    unrecorded: true,
    reach: 'shows the command lines of its processes',
  },
  create: { also: ['container create'], risk: 'write' },
  run: {
    also: ['container run'],
    risk: 'write',
    note: 'runs programs of its choice, as root in the container, with the network that Docker gives',
  },
  start: { also: ['container start'], risk: 'write', reach: '' },
  stop: { also: ['container stop'], risk: 'write', reach: '' },
  restart: { also: ['container restart'], risk: 'write', reach: '' },
  kill: { also: ['container kill'], risk: 'write', reach: '' },
  pause: { also: ['container pause'], risk: 'write', reach: '' },
  unpause: { also: ['container unpause'], risk: 'write', reach: '' },
  wait: { also: ['container wait'], risk: 'read', reach: '' },
  rename: {
    also: ['container rename'],
    risk: 'write',
    reach: 'hides it from programs that know it by name, and lets it answer to another on its networks',
  },
  update: { also: ['container update'], risk: 'write', reach: 'changes its limits and its restart policy' },
  rm: { also: ['container rm', 'container remove'], risk: 'destroy', reach: 'deletes it' },
  attach: { also: ['container attach'], risk: 'write', reach: 'is typing into it' },
  exec: { also: ['container exec'], risk: 'write', reach: 'runs any program in it, as root' },
  // This one and export write a file of the caller's.
  cp: { also: ['container cp'], risk: 'write', reach: 'reads and writes any file in it' },
  export: { also: ['container export'], risk: 'write', reach: 'copies all of its files out' },
  diff: { also: ['container diff'], risk: 'read', reach: '' },
  commit: { also: ['container commit'], risk: 'write' },
  'container prune': { risk: 'destroy' },
  images: { also: ['image ls', 'image list'], risk: 'read', unrecorded: true },
  'image inspect': { risk: 'read', unrecorded: true },
  history: { also: ['image history'], risk: 'read', unrecorded: true },
  pull: { also: ['image pull'], risk: 'write' },
  push: { also: ['image push'], risk: 'write', note: 'sends images out of the host' },
  rmi: { also: ['image rm', 'image remove'], risk: 'destroy' },
  build: {
    also: ['image build', 'builder build'],
    risk: 'write',
    note: 'runs programs of its choice while it builds',
  },
  tag: { also: ['image tag'], risk: 'write' },
  save: { also: ['image save'], risk: 'write' },
  load: {
    also: ['image load'],
    risk: 'write',
    note: 'brings in images from a file, under the names allowed below',
  },
  import: {
    also: ['image import'],
    risk: 'write',
    note: 'brings in images from a file, under the names allowed below',
  },
  'image prune': { risk: 'destroy' },
  'builder prune': { risk: 'destroy' },
  search: { risk: 'read', note: 'makes the host ask the registries of the images below' },
  'network ls': { also: ['network list'], risk: 'read', unrecorded: true },
  'network inspect': { risk: 'read' },
  'network create': { risk: 'write' },
  'network connect': { risk: 'write' },
  'network disconnect': { risk: 'write' },
  'network rm': { also: ['network remove'], risk: 'destroy' },
  'network prune': { risk: 'destroy' },
  'volume ls': { also: ['volume list'], risk: 'read', unrecorded: true },
  'volume inspect': { risk: 'read' },
  'volume create': { risk: 'write' },
  'volume update': { risk: 'write' },
  'volume rm': { also: ['volume remove'], risk: 'destroy' },
  'volume prune': { risk: 'destroy' },
  info: { also: ['system info'], risk: 'read', unrecorded: true },
  version: { risk: 'read', unrecorded: true },
  events: { also: ['system events'], risk: 'read', unrecorded: true },
  'system df': { risk: 'read', unrecorded: true },
  'system prune': { risk: 'destroy' },
  compose: { risk: 'write' },
  login: { risk: 'write', note: 'gives registry passwords to the engine' },
} as const satisfies Record<string, Word>

export type Subcommand = keyof typeof WORDS

/** Words that stand for all of their known commands. */
const MANAGEMENT = ['container', 'image', 'network', 'volume', 'system', 'builder'] as const

/** Every canonical word, in the order of the table. */
export const SUBCOMMANDS: readonly Subcommand[] = Object.keys(WORDS).filter(isSubcommand)

const CANONICAL: ReadonlyMap<string, Subcommand> = new Map(
  SUBCOMMANDS.flatMap((word) => spellingsOf(word).map((spelling) => [spelling, word] as const)),
)

/** Every spelling that a policy may use, management words included. */
export const SPELLINGS: readonly string[] = [...CANONICAL.keys(), ...MANAGEMENT]

/** Spellings that `reach` may use: of commands on one container, no management words. */
export const REACH_WORDS = spellingsWhere(({ reach }) => reach !== undefined)

/** Spellings that `unrecorded` may use: of reads. */
export const UNRECORDED_WORDS = spellingsWhere(({ unrecorded }) => unrecorded === true)

/** The rights that one word of a policy gives: one for a command, several for a management word, none if unknown. */
export function expandWord(written: string): readonly Subcommand[] {
  const word = written.trim().replace(/\s+/g, ' ')
  const canonical = CANONICAL.get(word)
  if (canonical !== undefined) return [canonical]
  if (!MANAGEMENT.some((management) => management === word)) return []
  return SUBCOMMANDS.filter((subcommand) =>
    spellingsOf(subcommand).some((spelling) => spelling.startsWith(`${word} `)),
  )
}

/** Rights of several words, in Docker's order, each once. */
export function expandWords(words: readonly string[]): readonly Subcommand[] {
  const rights = new Set(words.flatMap(expandWord))
  return SUBCOMMANDS.filter((word) => rights.has(word))
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

/** What is known of a right. */
export function known(word: Subcommand): Word {
  return WORDS[word]
}

function spellingsOf(word: Subcommand): readonly string[] {
  return [word, ...(known(word).also ?? [])]
}

function spellingsWhere(holds: (word: Word) => boolean): readonly string[] {
  return SUBCOMMANDS.filter((word) => holds(known(word))).flatMap(spellingsOf)
}

function isSubcommand(word: string): word is Subcommand {
  return Object.hasOwn(WORDS, word)
}
