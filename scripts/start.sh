#!/bin/bash
# Starts the gate on the starter policy.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
usage="usage: npm start [-- [--engine private|URL] [--policy FILE] [OPTION...]]
  Starts the gate on policies/ai-worker.yaml, or on the policy that --policy names.
  --engine private starts a Docker engine of its own first, and puts the gate before that one.
  All other options go to 'dockgate serve'; 'bin/dockgate serve --help' lists them."

policy=(--policy "$project/policies/ai-worker.yaml") arguments=()
use_private_engine() {
  local url
  url=$("$project/scripts/engine/start.sh")
  arguments+=(--engine "$url")
}

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) echo "$usage"; exit 0 ;;
    --engine=private) use_private_engine ;;
    --engine)
      if [ "${2:-}" = private ]; then
        use_private_engine
        shift
      else
        arguments+=("$1")
      fi
      ;;
    --policy | --policy=*) policy=() arguments+=("$1") ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
exec "$project/bin/dockgate" serve "${policy[@]}" "${arguments[@]}"
