/** Commands that go on until somebody stops them, or want a terminal: a caller that gets one whole answer can't use them. */
import type { KnownCommand } from './risks.ts'

export interface Endless {
  readonly why: string
  readonly instead: string
}

/** Options of `run`, `exec`, `create` and `start` that no value follows (docker 20.10 to 28). */
const ALONE =
  '--rm -d --detach --init --privileged --read-only -P --publish-all --no-healthcheck --oom-kill-disable --sig-proxy -q --quiet --help'.split(
    ' ',
  )
const TERMINAL = /^-[a-zA-Z]*[it][a-zA-Z]*$/
const SWITCHES = /^-[dPqaitf]+$/

/** Why a command would not end by itself or needs a terminal, and what to use; undefined for all others. */
export function endlessOf({ word, subcommand, rest }: KnownCommand): Endless | undefined {
  switch (subcommand) {
    case 'logs':
      return follows(rest) ? FOLLOW : undefined
    case 'stats':
      return hasFlag(rest, '--no-stream') ? undefined : STATS
    case 'events':
      return rest.some((one) => one === '--until' || one.startsWith('--until=')) ? undefined : EVENTS
    case 'attach':
      return ATTACH
    case 'run':
    case 'exec':
    case 'create':
      return wantsTerminal(rest) ? TTY : undefined
    case 'start':
      return rest.some((one) => /^-[ai]+$/.test(one) || hasFlag([one], '--attach', '--interactive'))
        ? START
        : undefined
    case 'compose':
      return composeEndless(word, rest)
    default:
      return undefined
  }
}

const FOLLOW: Endless = {
  why: '--follow goes on until somebody stops it',
  instead: 'logs --tail 100, then logs --since with the time of the last line (--timestamps shows it)',
}
const STATS: Endless = { why: 'stats goes on until somebody stops it', instead: 'stats --no-stream' }
const EVENTS: Endless = {
  why: 'events goes on until somebody stops it',
  instead: 'events --since 10m --until 0s',
}
const ATTACH: Endless = {
  why: 'attach needs somebody at the keyboard',
  instead: 'logs for what it prints, exec for a command in it',
}
const TTY: Endless = {
  why: 'there is no terminal and no input here',
  instead: 'the same without -i and -t; for something that goes on, -d and then logs',
}
const START: Endless = { why: 'there is nobody to attach', instead: 'start without -a and -i, then logs' }
const UP: Endless = {
  why: 'compose up goes on until somebody stops it',
  instead: 'compose up -d, then compose logs',
}

function composeEndless(word: string, rest: readonly string[]): Endless | undefined {
  switch (word) {
    case 'compose logs':
      return follows(rest) ? FOLLOW : undefined
    case 'compose stats':
      return hasFlag(rest, '--no-stream') ? undefined : STATS
    case 'compose events':
      return EVENTS
    case 'compose attach':
      return ATTACH
    case 'compose watch':
      return UP
    case 'compose up':
      return hasFlag(rest, '-d', '--detach', '--no-start', '--wait') ? undefined : UP
    default:
      return undefined
  }
}

function follows(words: readonly string[]): boolean {
  return words.some((word) => /^-[a-z]*f$/.test(word) || hasFlag([word], '--follow'))
}

function hasFlag(words: readonly string[], ...flags: readonly string[]): boolean {
  return words.some((word) => flags.some((flag) => word === flag || word === `${flag}=true`))
}

/** Looks at the options alone: what follows the image or the container belongs to the program. */
function wantsTerminal(words: readonly string[]): boolean {
  let isValue = false
  for (const word of words) {
    if (!word.startsWith('-')) {
      if (!isValue) return false
      isValue = false
      continue
    }
    if (hasFlag([word], '--interactive', '--tty')) return true
    if (SWITCHES.test(word)) {
      if (TERMINAL.test(word)) return true
      isValue = false
    } else {
      isValue = !word.includes('=') && !ALONE.includes(word)
    }
  }
  return false
}
