/** Completion for zsh. */
import { type CommandShape, type OptionShape, type Value, withAll } from './command-line.ts'

/** The file as text. */
export function zshCompletion(program: CommandShape): string {
  return [HEAD, ...withAll(program).toReversed().map(functionOf), '_dockgate "$@"', ''].join('\n')
}

const HEAD = `#compdef dockgate
# Completion of dockgate's commands for zsh.
# Written by "npm run reference" from the command line itself; a test fails where it is out of date.
`

function functionOf({ words, options, values, children }: CommandShape): string {
  const specs = options.flatMap(optionSpecs)
  if (children.length === 0)
    return body(words, ['  _arguments \\', ...joined([...specs, ...values.map(valueSpec)])])
  const lines = [
    '  local context state state_descr line curcontext=$curcontext',
    '  local -a commands',
    '  typeset -A opt_args',
    '  _arguments -C \\',
    ...joined([...specs, quoted(':command:->command'), quoted('*:: :->rest')]),
    '  case $state in',
    '    command)',
    '      commands=(',
    ...children.map((child) => `        ${quoted(`${child.words.at(-1)}:${child.description}`)}`),
    '      )',
    '      _describe -t commands command commands',
    '      ;;',
    '    rest)',
    '      case $words[1] in',
    ...children.map((child) => `        ${child.words.at(-1)}) ${nameOf(child.words)} ;;`),
    '      esac',
    '      ;;',
    '  esac',
  ]
  return body(words, lines)
}

function body(words: readonly string[], lines: readonly string[]): string {
  return [`${nameOf(words)}() {`, ...lines, '}', ''].join('\n')
}

function nameOf(words: readonly string[]): string {
  return ['_dockgate', ...words].join('_')
}

function joined(specs: readonly string[]): readonly string[] {
  return specs.map((spec, at) => `    ${spec}${at === specs.length - 1 ? '' : ' \\'}`)
}

/** One for each name; where one is typed the others are no more offered. */
function optionSpecs({ names, value, description }: OptionShape): readonly string[] {
  const text = description.replaceAll(/[[\]\\:]/g, String.raw`\$&`)
  const others = names.length > 1 ? `(${names.join(' ')})` : ''
  return names.map((name) => {
    if (value === undefined) return quoted(`${others}${name}[${text}]`)
    return quoted(`${others}${name}${name.startsWith('--') ? '=' : '+'}[${text}]${valuePart(value)}`)
  })
}

function valueSpec(value: Value): string {
  return quoted(valuePart(value))
}

function valuePart({ name, kind }: Value): string {
  const label = name.replaceAll(':', ' ')
  switch (kind.is) {
    case 'choice':
      return `:${label}:(${kind.of.join(' ')})`
    case 'policy':
      return `:${label}:_files -g "*.y(a|)ml(-.)"`
    case 'file':
      return `:${label}:_files`
    case 'directory':
      return `:${label}:_files -/`
    case 'text':
      return `:${label}: `
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
