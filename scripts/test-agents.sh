#!/bin/bash
# Runs real agents, driven by a scripted model, before a real gate and engine.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$project/scripts/engine/common.sh"
agents=${DOCKGATE_AGENTS:-/opt/dockgate-agents}
help "usage: npm run test:agents [-- VITEST ARGUMENTS...]
  Installs the agents of test/agents/packages/package.json to $agents (1.8 GB), starts a private engine, and runs each agent as an account without root, with a
  model on loopback that does what a script says: no account with anybody, and no traffic elsewhere. Arguments go to vitest.
  'npm run test:agents -- codex' runs one. Needs root on Debian 12 or newer." "$@"
machine
cd "$project"
export PATH=$project/node_modules/.bin:$PATH
command -v vitest >/dev/null || fail "the tools are missing; run 'npm ci' in $project first"
lock test

npm run --silent build
"$project/scripts/host/setup.sh"
missing=()
for pair in socat:socat rg:ripgrep; do command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}"); done
# Sandboxes of agents need them.
[ ${#missing[@]} -eq 0 ] || install_debian "${missing[@]}"
id dockgate-agent >/dev/null 2>&1 ||
  useradd --system --no-create-home --home-dir /var/lib/dockgate-agent --shell /bin/bash dockgate-agent

# None of their install scripts is run: what they would put in place is there.
install_packages "the agents" "$project/test/agents/packages" "$agents"

DOCKGATE_TEST_ENGINE=$("$scripts/start.sh" test-28-containerd)
DOCKGATE_TEST_REGISTRY=$("$scripts/registry.sh")
DOCKGATE_TEST_DOCKER=$root/28/usr/bin/docker
DOCKGATE_TEST_PLUGINS=$plugins
DOCKGATE_TEST_AGENTS=$agents
export DOCKGATE_TEST_ENGINE DOCKGATE_TEST_REGISTRY DOCKGATE_TEST_DOCKER DOCKGATE_TEST_PLUGINS DOCKGATE_TEST_AGENTS
"$scripts/empty.sh" test-28-containerd
code=0
vitest run --config vitest.agents.config.ts "$@" || code=$?
"$scripts/empty.sh" test-28-containerd
exit "$code"
