#!/bin/bash
# Measures commands over SSH, through Debian's sshd on loopback, beside the same with /bin/true as the forced command.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$project/scripts/engine/common.sh"
help "usage: npm run bench:ssh [-- ROUNDS]
  Prints the time of a command over SSH, each over a new and a shared connection, 20 times by default. Needs root on Debian 12 or newer." "$@"
machine
cd "$project"
npm run --silent build
"$project/scripts/host/setup.sh"
DOCKGATE_TEST_ENGINE=$("$scripts/start.sh" 26)
export DOCKGATE_TEST_ENGINE DOCKGATE_TEST_REGISTRY=$registry DOCKGATE_TEST_PLUGINS=$plugins DOCKGATE_TEST_DOCKER=$root/26/usr/bin/docker
exec "$project/node_modules/.bin/node" "$project/bench/ssh.ts" "$@"
