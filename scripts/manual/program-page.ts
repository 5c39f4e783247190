/** dockgate(1): one page with a section for each command, as there are few and one leads to the next. */
import { type CommandShape, type OptionShape, type Value, withAll } from './command-line.ts'
import { bold, entry, example, italic, plain, prose, title } from './roff.ts'

/** The page as text. */
export function programPage(program: CommandShape): string {
  const commands = withAll(program).filter(({ words, children }) => words.length > 0 && children.length === 0)
  return [
    ...title('dockgate', 1),
    '.SH NAME',
    'dockgate \\- Docker for AI agents, without giving them the host',
    '.SH SYNOPSIS',
    ...commands.flatMap(synopsis).slice(0, -1),
    '.SH DESCRIPTION',
    ...DESCRIPTION.flatMap((text) => ['.PP', prose(text)]).slice(1),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH OPTIONS',
    ...program.options.flatMap(option),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, meaning]) => entry(bold(code), meaning)),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, meaning]) => entry(bold(name), meaning)),
    '.SH FILES',
    ...FILES.flatMap(([path, meaning]) => entry(italic(path), meaning)),
    '.SH EXAMPLES',
    ...EXAMPLES.flatMap(([text, lines]) => ['.PP', prose(text), ...example(lines)]).slice(1),
    '.SH SEE ALSO',
    '.BR dockgate\\-policy (5),',
    '.BR docker (1),',
    '.BR sshd_config (5),',
    '.BR systemd.unit (5)',
    '',
  ].join('\n')
}

const DESCRIPTION = [
  "Dockgate sits between agents and a Docker Engine. Each worker (an agent, or a program that acts for one) gets a Unix socket of its own, and can do by it what the policy gives it, written in the names of Docker's own commands. Everything else is refused, with the rule, the reason and what to do instead, and every decision is recorded before it takes effect.",
  "A worker's programs stay as they are: the docker command line, compose, SDKs. A worker may also come in by SSH, without a shell, or by the Model Context Protocol.",
]

const EXIT_CODES = [
  ['0', 'It is done.'],
  ['1', '`audit verify` found entries that were changed, removed, moved or cut off.'],
  ['64', "The command line can't be read."],
  ['65', 'The policy has mistakes; each is told with its line and column.'],
  ['66', "There is no policy, or it can't be read."],
  ['69', 'The engine or the gate is not there.'],
  ['73', "A socket or a file can't be made."],
  ['74', "The record can't be written or read."],
  ['77', 'Refused by policy (`ssh`).'],
] as const

const ENVIRONMENT = [
  ['DOCKER_HOST', 'Where the engine is, where neither `--engine` nor the policy says so.'],
  ['XDG_STATE_HOME', 'Where the record of a gate is kept that is not run by root.'],
  ['SSH_ORIGINAL_COMMAND', 'The line that a worker typed, as sshd gives it to `dockgate ssh`.'],
] as const

const FILES = [
  ['/etc/dockgate/policy.yaml', 'The policy; see `dockgate-policy`(5).'],
  [
    '/var/lib/dockgate',
    'The record, its keys, and what is whose. Back it up whole while the gate is stopped.',
  ],
  ['/run/dockgate/WORKER/docker.sock', "A worker's socket, where the policy names no other."],
] as const

const EXAMPLES = [
  [
    'Write a policy to start from, read what it gives, and run the gate by hand:',
    [
      'dockgate init --output /etc/dockgate/policy.yaml',
      'dockgate policy check /etc/dockgate/policy.yaml',
      'dockgate policy show /etc/dockgate/policy.yaml',
      'dockgate serve --policy /etc/dockgate/policy.yaml',
    ],
  ],
  [
    'Be the worker:',
    ['export DOCKER_HOST=unix:///run/dockgate/ai-worker/docker.sock', 'docker run --rm busybox echo hi'],
  ],
  ['See what was refused since yesterday:', ['dockgate audit tail --decision refuse --since 1d']],
] as const

/** What is typed, in one line. */
function synopsis({ words, options, values }: CommandShape): readonly string[] {
  const required = options.filter(({ isRequired }) => isRequired)
  const hasOthers = options.length > required.length
  const parts = [
    bold(['dockgate', ...words].join(' ')),
    ...required.map((one) => `${bold(one.names.at(-1) ?? '')} ${placeholder(one.value)}`),
    ...(hasOthers ? [`[${italic('OPTION')}...]`] : []),
    ...values.map(placeholder),
  ]
  return [parts.join(' '), '.br']
}

function section(command: CommandShape): readonly string[] {
  const values = command.values.map(placeholder)
  const heading = [plain(command.words.join(' ')), ...values].join(' ')
  const options = command.options.filter(({ names }) => !names.includes('--help'))
  const text = sentence(command.description)
  return [
    `.SS "${heading}"`,
    prose(text),
    ...(command.more === '' ? [] : ['.PP', prose(command.more)]),
    ...options.flatMap(option),
  ]
}

function option(shape: OptionShape): readonly string[] {
  const names = shape.names.map(bold).join(', ')
  const value = shape.value === undefined ? '' : ` ${placeholder(shape.value)}`
  return entry(`${names}${value}`, sentence(shape.description) + about(shape))
}

/** What of an option its description leaves out. */
function about({ value, usual, isRequired, description }: OptionShape): string {
  const choices = value?.kind.is === 'choice' ? value.kind.of : []
  const isTold = choices.every((choice) => description.includes(choice))
  return [
    isTold ? '' : ` One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`,
    usual === undefined ? '' : ` Default: \`${usual}\`.`,
    isRequired ? ' Required.' : '',
  ].join('')
}

function placeholder(value: Value | undefined): string {
  return value === undefined ? '' : italic(value.name.toUpperCase())
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return first.endsWith('.') ? first : `${first}.`
}
