#!/bin/bash
# Runs the benchmark, on a stub engine and on the private engine.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
node=$project/node_modules/.bin/node
[ -x "$node" ] || { echo "dockgate: error: $node is missing; run 'npm ci' in $project first" >&2; exit 69; }

arguments=("$@") private=yes
for argument in "$@"; do
  case $argument in
    -h | --help) exec "$node" "$project/bench/main.ts" --help ;;
    --stub | --engine | --engine=*) private=no ;;
  esac
done
(cd "$project" && npm run --silent build)
if [ "$private" = yes ]; then
  url=$("$project/scripts/engine/start.sh")
  arguments+=(--engine "$url")
fi
exec "$node" "$project/bench/main.ts" "${arguments[@]}"
