/** Completion for fish. */
import { type CommandShape, type OptionShape, type Value, withAll } from './command-line.ts'

/** The file as text. */
export function fishCompletion(program: CommandShape): string {
  return [HEAD, ...withAll(program).flatMap(lines), ''].join('\n')
}

const HEAD = `# Completion of dockgate's commands for fish.
# Written by "npm run reference" from the command line itself; a test fails where it is out of date.

# Whether these words are all that was typed so far, but for options.
function __dockgate_expects
    set -l words (commandline -opc)
    set -e words[1]
    string match -q -- "$argv" "$(string match -v -- '-*' $words)"
end

# Whether what was typed begins with these words.
function __dockgate_in
    set -l words (commandline -opc)
    set -e words[1]
    string match -q -- "$argv *" "$words "
end

complete -c dockgate -f`

function lines({ words, options, values: [value], children }: CommandShape): readonly string[] {
  const typed = words.join(' ')
  const inside = words.length === 0 ? "-n '__dockgate_expects'" : `-n '__dockgate_in ${typed}'`
  return [
    ...children.map(
      (child) =>
        `complete -c dockgate -n '${`__dockgate_expects ${typed}`.trim()}' -a ${child.words.at(-1)} -d ${quoted(child.description)}`,
    ),
    ...(value === undefined || value.kind.is === 'text'
      ? []
      : [`complete -c dockgate ${inside} ${candidates(value)}`]),
    ...options.map((option) => `complete -c dockgate ${inside} ${flags(option)}`),
  ]
}

function flags({ names, value, description }: OptionShape): string {
  const letters = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  return [...letters, ...(value === undefined ? [] : [candidates(value)]), `-d ${quoted(description)}`].join(
    ' ',
  )
}

function candidates({ kind }: Value): string {
  switch (kind.is) {
    case 'choice':
      return `-xa '${kind.of.join(' ')}'`
    case 'policy':
      // It offers the others too, behind these.
      return "-kxa '(__fish_complete_suffix .yaml)'"
    case 'file':
      return '-rF'
    case 'directory':
      return "-xa '(__fish_complete_directories)'"
    case 'text':
      return '-x'
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
