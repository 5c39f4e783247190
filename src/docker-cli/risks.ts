/**
 * What a command of the docker CLI does to what is there: reads it, changes or adds to it, or takes it away.
 * A hint for clients that ask people before some calls; what is allowed is decided elsewhere.
 */
import { composeCommand } from './compose-words.ts'
import { commandOf, known, type Risk, type Subcommand } from '../policy/subcommands.ts'

export interface KnownCommand {
  /** As Docker has it: `ps`, `system prune`, `compose up`. */
  readonly word: string
  /** The right of a policy that it stands under. */
  readonly subcommand: Subcommand
  readonly risk: Risk
  /** The words behind it. */
  readonly rest: readonly string[]
}

/** `config` can write a file, so it is none of the reads. */
const COMPOSE_READS = ['ps', 'logs', 'ls', 'images', 'top', 'port', 'version', 'events', 'stats', 'volumes']
const COMPOSE_DESTROYS = ['down', 'rm', 'scale']
/** Options by which others of its commands take containers or what is in anonymous volumes away. */
const COMPOSE_REMOVES: Readonly<Record<string, RegExp>> = {
  create: /^--(?:remove-orphans|scale)(?:=|$)/,
  kill: /^--remove-orphans(?:=|$)/,
  run: /^--remove-orphans(?:=|$)/,
  up: /^(?:--(?:remove-orphans|renew-anon-volumes|scale)(?:=|$)|-[a-zA-Z]*V)/,
  wait: /^--down-project(?:=|$)/,
}

/** The risks that a right of a policy can have: several for compose, one for any other. */
export function risksOf(subcommand: Subcommand): readonly Risk[] {
  return subcommand === 'compose' ? ['read', 'write', 'destroy'] : [known(subcommand).risk]
}

/** The command that the words behind `docker` begin with, or undefined for one that is not known. */
export function knownCommand(words: readonly string[]): KnownCommand | undefined {
  if (words[0] === 'compose') return compose(words.slice(1))
  const found = commandOf(words)
  if (found === undefined) return undefined
  const { written, length, subcommand } = found
  return { word: written, subcommand, risk: known(subcommand).risk, rest: words.slice(length) }
}

function compose(words: readonly string[]): KnownCommand | undefined {
  const found = composeCommand(words)
  if (found === undefined) return undefined
  const { command, rest } = found
  const removes = Object.hasOwn(COMPOSE_REMOVES, command) ? COMPOSE_REMOVES[command] : undefined
  const destroys = COMPOSE_DESTROYS.includes(command) || rest.some((word) => removes?.test(word) ?? false)
  const risk = COMPOSE_READS.includes(command) ? 'read' : destroys ? 'destroy' : 'write'
  return { word: `compose ${command}`, subcommand: 'compose', risk, rest }
}
