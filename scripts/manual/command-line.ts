/** The command line as data, for the manual and the completions: read from commander's commands, and from what `dockgate ssh --help` prints. */
import type { Argument, Command, Option } from 'commander'
import { build } from '../../src/cli/program.ts'
import { PROGRAM_NAMES } from '../../src/policy/starters.ts'
import { readOptions } from '../../src/ssh/options.ts'

/** What a value is, as far as a shell can complete it. */
type Kind =
  | { readonly is: 'policy' | 'file' | 'directory' | 'text' }
  | { readonly is: 'choice'; readonly of: readonly string[] }

export interface Value {
  readonly name: string
  readonly kind: Kind
}

export interface OptionShape {
  /** As they are typed, `--json`; the long one last. */
  readonly names: readonly string[]
  readonly value: Value | undefined
  readonly description: string
  /** What it is where it is not given. */
  readonly usual: string | undefined
  readonly isRequired: boolean
}

export interface CommandShape {
  /** What is typed behind `dockgate`; nothing for the program itself. */
  readonly words: readonly string[]
  readonly description: string
  /** What its help says beyond that. */
  readonly more: string
  readonly options: readonly OptionShape[]
  readonly values: readonly Value[]
  readonly children: readonly CommandShape[]
}

/** The program, and below it every command. */
export async function commandLine(): Promise<CommandShape> {
  const program = shapeOf(await build(undefined, {}), [])
  return {
    ...program,
    children: program.children.map((child) => (child.words.join(' ') === 'ssh' ? sshShape(child) : child)),
  }
}

/** The program and all below it, in the order of its help. */
export function withAll(command: CommandShape): readonly CommandShape[] {
  return [command, ...command.children.flatMap(withAll)]
}

function shapeOf(command: Command, words: readonly string[]): CommandShape {
  const help = command.createHelp()
  return {
    words,
    description: command.description(),
    more: moreOf(command),
    options: help.visibleOptions(command).map((option) => optionShape(option, words)),
    values: command.registeredArguments.map((argument) => argumentShape(argument, words)),
    children: command.commands.map((child) => shapeOf(child, [...words, child.name()])),
  }
}

/** What stands behind the lists of a command's help. */
function moreOf(command: Command): string {
  let text = ''
  const output = command.configureOutput()
  command.configureOutput({ ...output, writeOut: (written) => (text += written) })
  command.outputHelp()
  command.configureOutput(output)
  return text.slice(command.helpInformation().length).trim()
}

function optionShape(option: Option, words: readonly string[]): OptionShape {
  const name = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1]
  const usual: unknown = option.defaultValue
  return {
    names: [option.short, option.long].flatMap((one) => one ?? []),
    value: name === undefined ? undefined : { name, kind: kindOf(name, words, option.argChoices) },
    description: option.description,
    usual: typeof usual === 'string' ? usual : undefined,
    isRequired: option.mandatory,
  }
}

function argumentShape(argument: Argument, words: readonly string[]): Value {
  return { name: argument.name(), kind: kindOf(argument.name(), words, argument.argChoices) }
}

/** Commands whose files are policies. */
const OF_POLICIES: ReadonlySet<string> = new Set(['serve', 'init', 'policy'])

function kindOf(name: string, words: readonly string[], choices: readonly string[] | undefined): Kind {
  if (choices !== undefined) return { is: 'choice', of: choices }
  switch (name.toLowerCase()) {
    case 'program':
      return { is: 'choice', of: PROGRAM_NAMES }
    case 'directory':
      return { is: 'directory' }
    case 'path':
      return { is: 'file' }
    case 'file':
      return { is: OF_POLICIES.has(words[0] ?? '') ? 'policy' : 'file' }
    default:
      return { is: 'text' }
  }
}

/** `dockgate ssh` has no commander (src/main.ts runs it): its options are what its help lists. */
function sshShape(command: CommandShape): CommandShape {
  const help = readOptions(['--help'])
  const text = 'text' in help ? help.text : ''
  const [, about = '', list = ''] = text.split('\n\n')
  const options = list.split('\n').flatMap((line) => {
    const [, long, name, description = ''] = /^ {2}(--[a-z-]+)(?: ([A-Z]+))? +(.+)$/.exec(line) ?? []
    if (long === undefined) return []
    const value =
      name === undefined ? undefined : { name: name.toLowerCase(), kind: kindOf(name, ['ssh'], undefined) }
    return [{ names: [long], value, description, usual: undefined, isRequired: long === '--worker' }]
  })
  if (options.length === 0) throw new Error('no options are found in the help of dockgate ssh')
  const isHelp = ({ names }: OptionShape): boolean => names.includes('--help')
  return {
    ...command,
    more: about.replaceAll('\n', ' '),
    options: [...options, ...command.options.filter(isHelp)],
  }
}
