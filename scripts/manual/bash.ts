/** Completion for bash. It needs nothing of the package bash-completion but being loaded by it. */
import { type CommandShape, type Value, withAll } from './command-line.ts'

/** The file as text. */
export function bashCompletion(program: CommandShape): string {
  const all = withAll(program)
  const groups = program.children.filter(({ children }) => children.length > 0)
  return [
    HEAD,
    '_dockgate() {',
    '  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=',
    '  COMPREPLY=()',
    '  # bash takes --option=value apart at the sign.',
    '  case $current in',
    '    =) current= ;;',
    '    *) [[ $previous != = ]] || previous=${COMP_WORDS[COMP_CWORD - 2]} ;;',
    '  esac',
    '  ((COMP_CWORD < 2)) || command=${COMP_WORDS[1]}',
    '  case $command in',
    `    ${groups.map(({ words }) => words.join(' ')).join(' | ')})`,
    '      ((COMP_CWORD < 3)) || command+=" ${COMP_WORDS[2]}"',
    '      ;;',
    '  esac',
    '  case "$command $previous" in',
    ...all.flatMap(values),
    '  esac',
    '  if [[ $current == -* ]]; then',
    '    case $command in',
    ...all.map(
      ({ words, options }) =>
        `      '${words.join(' ')}') ${choices(options.flatMap(({ names }) => names))} ;;`,
    ),
    '    esac',
    '    return',
    '  fi',
    '  case $command in',
    ...all.flatMap(rest),
    '  esac',
    '}',
    'complete -F _dockgate dockgate',
    '',
  ].join('\n')
}

const HEAD = `# Completion of dockgate's commands for bash.
# Written by "npm run reference" from the command line itself; a test fails where it is out of date.
# shellcheck shell=bash

_dockgate_words() { mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1"); }

_dockgate_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "\${@:2}" -- "$1")
}

# Policies: directories lead to them.
_dockgate_policies() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$1"; compgen -f -X '!*.yaml' -- "$1"; compgen -f -X '!*.yml' -- "$1")
}
`

/** What stands behind an option that takes a value. */
function values({ words, options }: CommandShape): readonly string[] {
  return options.flatMap(({ names, value }) => {
    if (value === undefined) return []
    const pattern = names.map((name) => `'${[...words, name].join(' ')}'`).join(' | ')
    return [`    ${pattern})`, `      ${candidates(value)}`, '      return', '      ;;']
  })
}

/** What stands behind a command by itself. */
function rest({ words, values: [value], children }: CommandShape): readonly string[] {
  const name = `    '${words.join(' ')}')`
  if (children.length > 0) return [`${name} ${choices(children.map((child) => child.words.at(-1) ?? ''))} ;;`]
  return value === undefined || value.kind.is === 'text' ? [] : [`${name} ${candidates(value)} ;;`]
}

function candidates({ kind }: Value): string {
  switch (kind.is) {
    case 'choice':
      return choices(kind.of)
    case 'policy':
      return '_dockgate_policies "$current"'
    case 'file':
      return '_dockgate_files "$current" -f'
    case 'directory':
      return '_dockgate_files "$current" -d'
    case 'text':
      return ': # only the person knows'
  }
}

function choices(words: readonly string[]): string {
  return `_dockgate_words "$current" '${words.join(' ')}'`
}
