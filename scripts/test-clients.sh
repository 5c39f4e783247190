#!/bin/bash
# Runs clients that others wrote, on an engine itself and before a real gate.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$project/scripts/engine/common.sh"
clients=${DOCKGATE_CLIENTS:-/opt/dockgate-clients}
help "usage: npm run test:clients [-- VITEST ARGUMENTS...]
  Installs the clients of test/clients/packages/package.json to $clients (50 MB), starts private engines, the newest and the oldest, and runs each client
  on them and through a gate. Arguments go to vitest. Needs root on Debian 12 or newer." "$@"
machine
cd "$project"
export PATH=$project/node_modules/.bin:$PATH
command -v vitest >/dev/null || fail "the tools are missing; run 'npm ci' in $project first"
lock test

npm run --silent build
"$project/scripts/host/setup.sh"
# None of their install scripts is run: what they would build, a client does without.
install_packages "the clients" "$project/test/clients/packages" "$clients"

DOCKGATE_TEST_ENGINE=$("$scripts/start.sh" test-28-containerd)
DOCKGATE_TEST_ENGINE_OLD=$("$scripts/start.sh" test-20.10)
DOCKGATE_TEST_REGISTRY=$("$scripts/registry.sh")
DOCKGATE_TEST_DOCKER=$root/26/usr/bin/docker
DOCKGATE_TEST_PLUGINS=$plugins
DOCKGATE_TEST_CLIENTS=$clients
export DOCKGATE_TEST_ENGINE DOCKGATE_TEST_ENGINE_OLD DOCKGATE_TEST_REGISTRY DOCKGATE_TEST_DOCKER DOCKGATE_TEST_PLUGINS DOCKGATE_TEST_CLIENTS
empty() { for each in test-28-containerd test-20.10; do "$scripts/empty.sh" "$each"; done; }
empty
code=0
vitest run --config vitest.clients.config.ts "$@" || code=$?
empty
exit "$code"
