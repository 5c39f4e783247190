# Completion of dockgate's commands for bash.
# Written by "npm run reference" from the command line itself; a test fails where it is out of date.
# shellcheck shell=bash

_dockgate_words() { mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1"); }

_dockgate_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "${@:2}" -- "$1")
}

# Policies: directories lead to them.
_dockgate_policies() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$1"; compgen -f -X '!*.yaml' -- "$1"; compgen -f -X '!*.yml' -- "$1")
}

_dockgate() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=
  COMPREPLY=()
  # bash takes --option=value apart at the sign.
  case $current in
    =) current= ;;
    *) [[ $previous != = ]] || previous=${COMP_WORDS[COMP_CWORD - 2]} ;;
  esac
  ((COMP_CWORD < 2)) || command=${COMP_WORDS[1]}
  case $command in
    policy | audit)
      ((COMP_CWORD < 3)) || command+=" ${COMP_WORDS[2]}"
      ;;
  esac
  case "$command $previous" in
    'serve --policy')
      _dockgate_policies "$current"
      return
      ;;
    'serve --engine')
      : # only the person knows
      return
      ;;
    'serve --state')
      _dockgate_files "$current" -d
      return
      ;;
    'serve --docker')
      _dockgate_files "$current" -f
      return
      ;;
    'serve --docker-config')
      _dockgate_files "$current" -d
      return
      ;;
    'init --output')
      _dockgate_policies "$current"
      return
      ;;
    'init --worker')
      : # only the person knows
      return
      ;;
    'init --for')
      _dockgate_words "$current" 'openclaw gemini devcontainer testcontainers ci hermes'
      return
      ;;
    'init --engine')
      : # only the person knows
      return
      ;;
    'policy show --since')
      _dockgate_policies "$current"
      return
      ;;
    'policy show --state')
      _dockgate_files "$current" -d
      return
      ;;
    'policy show --engine')
      : # only the person knows
      return
      ;;
    'audit tail --state')
      _dockgate_files "$current" -d
      return
      ;;
    'audit tail -n' | 'audit tail --lines')
      : # only the person knows
      return
      ;;
    'audit tail --worker')
      : # only the person knows
      return
      ;;
    'audit tail --operation')
      : # only the person knows
      return
      ;;
    'audit tail --decision')
      _dockgate_words "$current" 'allow refuse outcome'
      return
      ;;
    'audit tail --since')
      : # only the person knows
      return
      ;;
    'audit tail --until')
      : # only the person knows
      return
      ;;
    'audit show --state')
      _dockgate_files "$current" -d
      return
      ;;
    'audit verify --state')
      _dockgate_files "$current" -d
      return
      ;;
    'audit verify --head')
      : # only the person knows
      return
      ;;
    'audit verify --heads')
      _dockgate_files "$current" -f
      return
      ;;
    'audit accept --state')
      _dockgate_files "$current" -d
      return
      ;;
    'status --state')
      _dockgate_files "$current" -d
      return
      ;;
    'enforce --state')
      _dockgate_files "$current" -d
      return
      ;;
    'mcp --worker')
      : # only the person knows
      return
      ;;
    'mcp --socket')
      _dockgate_files "$current" -f
      return
      ;;
    'mcp --docker')
      _dockgate_files "$current" -f
      return
      ;;
    'mcp --docker-config')
      _dockgate_files "$current" -d
      return
      ;;
    'mcp --key')
      : # only the person knows
      return
      ;;
    'ssh --worker')
      : # only the person knows
      return
      ;;
    'ssh --socket')
      _dockgate_files "$current" -f
      return
      ;;
    'ssh --docker')
      _dockgate_files "$current" -f
      return
      ;;
    'ssh --docker-config')
      _dockgate_files "$current" -d
      return
      ;;
  esac
  if [[ $current == -* ]]; then
    case $command in
      '') _dockgate_words "$current" '-V --version -h --help' ;;
      'serve') _dockgate_words "$current" '--policy --engine --state --docker --docker-config --quiet -h --help' ;;
      'init') _dockgate_words "$current" '--output --worker --for --engine --force -h --help' ;;
      'policy') _dockgate_words "$current" '-h --help' ;;
      'policy check') _dockgate_words "$current" '--json -h --help' ;;
      'policy show') _dockgate_words "$current" '--json --since --state --engine -h --help' ;;
      'policy schema') _dockgate_words "$current" '-h --help' ;;
      'audit') _dockgate_words "$current" '-h --help' ;;
      'audit tail') _dockgate_words "$current" '--state --json -f --follow -n --lines --worker --operation --decision --since --until -h --help' ;;
      'audit show') _dockgate_words "$current" '--state --json -h --help' ;;
      'audit verify') _dockgate_words "$current" '--state --json --head --heads -h --help' ;;
      'audit accept') _dockgate_words "$current" '--state --json -h --help' ;;
      'status') _dockgate_words "$current" '--state --json -h --help' ;;
      'enforce') _dockgate_words "$current" '--dry-run --state --json -h --help' ;;
      'mcp') _dockgate_words "$current" '--worker --socket --docker --docker-config --key -h --help' ;;
      'licenses') _dockgate_words "$current" '-h --help' ;;
      'ssh') _dockgate_words "$current" '--worker --socket --docker --docker-config --check -h --help' ;;
    esac
    return
  fi
  case $command in
    '') _dockgate_words "$current" 'serve init policy audit status enforce mcp licenses ssh' ;;
    'policy') _dockgate_words "$current" 'check show schema' ;;
    'policy check') _dockgate_policies "$current" ;;
    'policy show') _dockgate_policies "$current" ;;
    'audit') _dockgate_words "$current" 'tail show verify accept' ;;
  esac
}
complete -F _dockgate dockgate
