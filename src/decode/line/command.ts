/** What a command line asks for, before anything is decided: sudo and absolute paths are taken off. */
import { foreignBackend, type ForeignBackend } from './foreign.ts'
import { checkWords, LineError, splitLine } from './words.ts'

export type Command =
  /** The words behind `docker`. */
  | { readonly kind: 'docker'; readonly words: readonly string[] }
  | { readonly kind: 'whoami' }
  | { readonly kind: 'why'; readonly record: string }
  | { readonly kind: 'can'; readonly command: Command }
  | { readonly kind: 'mcp' }
  | { readonly kind: 'help' }
  /** Anything else: a diagnostic of the host, or nothing that is known. The first word may be a path. */
  | { readonly kind: 'program'; readonly words: readonly string[] }
  /** What a program sends that takes this for a shell. */
  | { readonly kind: 'foreign'; readonly backend: ForeignBackend }
  | { readonly kind: 'unreadable'; readonly why: string }

/** Where docker is, by the names that agents use. */
const DOCKER = new Set(
  ['', '/usr/bin/', '/usr/local/bin/', '/bin/', '/run/current-system/sw/bin/'].map(
    (place) => `${place}docker`,
  ),
)
const SUDO = new Set(['sudo', '/usr/bin/sudo', '/run/wrappers/bin/sudo'])

/** What a worker typed, as it came: one line, or words. */
export type Written = { readonly line: string } | { readonly words: readonly string[] }

/** Reads what was typed. Never throws. */
export function readCommand(written: Written): Command {
  if ('line' in written) {
    const backend = foreignBackend(written.line)
    if (backend !== undefined) return { kind: 'foreign', backend }
  }
  try {
    return commandOf('line' in written ? splitLine(written.line) : checkWords(written.words))
  } catch (cause) {
    if (!(cause instanceof LineError)) throw cause
    return { kind: 'unreadable', why: cause.message }
  }
}

function commandOf(given: readonly string[]): Command {
  const words = withoutSudo(given)
  const [program, ...rest] = words
  if (program === undefined) return { kind: 'help' }
  if (/^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(program)) {
    return {
      kind: 'unreadable',
      why: 'variables are not set here; docker takes them as options (-e NAME=value)',
    }
  }
  if (DOCKER.has(program)) return { kind: 'docker', words: rest }
  return ownCommand(program === 'dockgate' ? rest : words) ?? { kind: 'program', words }
}

/** Dockgate's own words, with or without its name before them. */
function ownCommand([word, ...rest]: readonly string[]): Command | undefined {
  switch (word) {
    case undefined:
    case 'help':
    case '--help':
      return { kind: 'help' }
    case 'whoami':
    case 'mcp':
      return rest.length === 0 ? { kind: word } : undefined
    case 'why':
      return { kind: 'why', record: rest.join(' ') }
    case 'can': {
      const command = commandOf(rest)
      return command.kind === 'can'
        ? { kind: 'unreadable', why: '`can` needs a command' }
        : { kind: 'can', command }
    }
    default:
      return undefined
  }
}

/** The gate has the rights, so `sudo` says nothing; `-n` says that nobody is there to type a password. */
function withoutSudo(words: readonly string[]): readonly string[] {
  if (!SUDO.has(words[0] ?? '')) return words
  return words[1] === '-n' ? words.slice(2) : words.slice(1)
}
