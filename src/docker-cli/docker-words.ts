/** The docker command line's words, before the real CLI is run with them: its options, and whether the command is given. */
import { withoutSecrets } from '../decode/line/secrets.ts'
import { REFUSED_ENDPOINTS } from '../decode/refused-endpoints.ts'
import { instead, notAllowed } from '../decide/answers.ts'
import { givesExec } from '../policy/argv.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { refuse } from '../decide/refuse.ts'
import { commandOf, expandWord, type Subcommand } from '../policy/subcommands.ts'
import type { Refused } from '../decide/verdict.ts'

export type DockerWords =
  /** The CLI may be run with these words. */
  | { readonly effect: 'run'; readonly words: readonly string[] }
  /** The client's own engine connection, as `DOCKER_HOST=ssh://` asks for it. */
  | { readonly effect: 'dial' }
  | Refused

/** Decides the words behind `docker`. @param socket path of the worker's own socket, the only `--host` there is */
export function decideDockerWords(
  worker: WorkerPolicy,
  words: readonly string[],
  socket: string,
): DockerWords {
  const { host, before, rest: given, wrong } = globalOptions(words)
  // As the CLI takes it: help run is run --help.
  const rest = given[0] === 'help' && given.length > 1 ? [...given.slice(1), '--help'] : given
  if (wrong !== undefined) {
    return refuse('docker', 'line.options', `docker ${wrong}`, {
      why: 'where docker connects and what it reads its settings from is given here',
      instead: ['leave it out', 'docker -D, docker -l LEVEL'],
    })
  }
  if (rest[0] === 'system' && rest[1] === 'dial-stdio' && rest.length === 2) {
    if (host === undefined || host === `unix://${socket}`) return { effect: 'dial' }
  }
  if (host !== undefined) {
    const why = "the worker's own socket is used, and there is no other"
    return refuse('docker', 'line.options', `docker --host ${host}`, { why, instead: ['leave it out'] })
  }
  const [first = '--help'] = rest
  if (rest.length <= 1 && ['--help', '-h', 'help', '--version', '-v'].includes(first)) {
    return { effect: 'run', words: [...before, first === 'help' ? '--help' : first] }
  }
  // Nobody is told of plugins: what the CLI asks is answered so.
  if (rest[0] === 'plugin' && ['ls', 'list'].includes(rest[1] ?? ''))
    return { effect: 'run', words: [...before, ...rest] }
  const word = commandOf(rest)?.subcommand
  if (word === undefined) return unknown(worker, rest)
  if (!isGranted(worker, word)) return notAllowed(worker, word)
  const address = word === 'build' ? rest.slice(1).find(isAddress) : undefined
  if (address !== undefined) {
    const why = 'a context from an address would be fetched by the host'
    const told = withoutSecrets([address], () => '...').join()
    return refuse('build', 'build.context', `docker build ${told}`, {
      why,
      instead: ['docker build - < context.tar', 'RUN wget in the Dockerfile'],
    })
  }
  return { effect: 'run', words: [...before, ...rest] }
}

interface Global {
  readonly host: string | undefined
  /** The options that are passed on. */
  readonly before: readonly string[]
  readonly rest: readonly string[]
  /** An option that is not given. */
  readonly wrong: string | undefined
}

/** Takes the options before the command off. */
export function globalOptions(words: readonly string[]): Global {
  const before: string[] = []
  let host: string | undefined
  let at = 0
  for (; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const next = words[at + 1]
    if (word === '-D' || word === '--debug') before.push(word)
    else if ((word === '-l' || word === '--log-level') && LEVELS.test(next ?? '')) {
      before.push(word, next ?? '')
      at += 1
    } else if (word.startsWith('--log-level=') && LEVELS.test(word.slice(12))) before.push(word)
    else if ((word === '-H' || word === '--host') && host === undefined && next !== undefined) {
      host = next
      at += 1
    } else if (word.startsWith('--host=') && host === undefined) host = word.slice(7)
    else break
  }
  const rest = words.slice(at)
  const first = rest[0] ?? ''
  const isPlain = !first.startsWith('-') || ['--help', '-h', '--version', '-v'].includes(first)
  return { host, before, rest, wrong: isPlain ? undefined : first }
}

const LEVELS = /^(?:debug|info|warn|error|fatal)$/

/** True if the policy gives the word at all: on own objects, on one of the operator's, or as programs that exec may run. */
function isGranted({ docker }: WorkerPolicy, word: Subcommand): boolean {
  const { allow, reach, exec } = docker
  if (allow.includes(word) || Object.values(reach).some((words) => words.includes(word))) return true
  if (word.endsWith(' inspect')) return allow.includes('inspect')
  return word === 'exec' && givesExec(exec)
}

/** `docker build` takes its context from such a word; no option of it has one as a value of its own. */
function isAddress(word: string): boolean {
  return /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/.test(word)
}

function unknown(worker: WorkerPolicy, rest: readonly string[]): Refused {
  const [first = '', second = ''] = rest
  const refused = REFUSED_ENDPOINTS.find(([, , words]) => words === `${first} ${second}` || words === first)
  if (refused !== undefined) {
    const [, , words, why, ...ours] = refused
    return refuse(words, words, `docker ${words}`, { why, instead: instead(worker, words, ours) })
  }
  const management = expandWord(first)
  if (management.length > 1) {
    return refuse(first, 'line.command', `docker ${first} ${second}`.trimEnd(), {
      why: 'this is not a command that dockgate knows',
      instead: management.slice(0, 4).map((word) => `docker ${word}`),
    })
  }
  const why = "plugins, contexts and what else is not in the policy's list of commands are not run"
  // Not under the word itself, which can be of any length and form.
  return refuse('docker', 'line.command', `docker ${first}`, {
    why,
    instead: ['dockgate whoami lists what is'],
  })
}
