#!/bin/bash
# Runs the tests, against real engines.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$project/scripts/engine/common.sh"
help "usage: npm test [-- VITEST ARGUMENTS...]
  Builds the project, starts private engines (Docker 26, 20.10, 28 with either image store, and a 26 that tests restart; Podman 5, also rootless, and an older one) and a registry, and runs all tests on them.
  Arguments go to vitest: 'npm test -- src/policy' runs the tests whose files match. Needs root on Debian 12 or newer." "$@"
machine
cd "$project"
# The project's own node and tools come first, as under npm.
export PATH=$project/node_modules/.bin:$PATH
command -v vitest >/dev/null || fail "the tools are missing; run 'npm ci' in $project first"
# Two runs would empty each other's engines; the lock is held until vitest ends.
lock test

npm run --silent build
"$project/scripts/host/setup.sh"
newest=$("$scripts/start.sh" test-28-containerd)
DOCKGATE_TEST_ENGINE_OLD=$("$scripts/start.sh" test-20.10)
DOCKGATE_TEST_ENGINE_28=$("$scripts/start.sh" test-28)
DOCKGATE_TEST_ENGINE_26=$("$scripts/start.sh" test-26)
# DOCKGATE_TEST_ONLY has all tests run on one engine (scripts/test-engines.sh).
case ${DOCKGATE_TEST_ONLY:-new} in
  new) DOCKGATE_TEST_ENGINE=$newest ;;
  28) DOCKGATE_TEST_ENGINE=$DOCKGATE_TEST_ENGINE_28 ;;
  26) DOCKGATE_TEST_ENGINE=$DOCKGATE_TEST_ENGINE_26 ;;
  old) DOCKGATE_TEST_ENGINE=$DOCKGATE_TEST_ENGINE_OLD ;;
  *) note "error: no engine $DOCKGATE_TEST_ONLY; there are new, 28, 26 and old"; exit 64 ;;
esac
DOCKGATE_TEST_ENGINE_RESTART=$("$scripts/start.sh" test-restart)
DOCKGATE_TEST_PODMAN=$("$scripts/podman.sh")
DOCKGATE_TEST_PODMAN_OLD=$("$scripts/podman.sh" podman-old)
DOCKGATE_TEST_PODMAN_ROOTLESS=$("$scripts/podman.sh" podman-rootless)
DOCKGATE_TEST_REGISTRY=$("$scripts/registry.sh")
DOCKGATE_TEST_DOCKER=$root/26/usr/bin/docker
DOCKGATE_TEST_DOCKER_OLD=$root/20.10/usr/bin/docker
DOCKGATE_TEST_DOCKER_28=$root/28/usr/bin/docker
DOCKGATE_TEST_PLUGINS=$plugins
export DOCKGATE_TEST_ENGINE DOCKGATE_TEST_ENGINE_OLD DOCKGATE_TEST_ENGINE_RESTART
export DOCKGATE_TEST_PODMAN DOCKGATE_TEST_PODMAN_OLD DOCKGATE_TEST_PODMAN_ROOTLESS
export DOCKGATE_TEST_ENGINE_28 DOCKGATE_TEST_ENGINE_26 DOCKGATE_TEST_REGISTRY DOCKGATE_TEST_DOCKER_28
export DOCKGATE_TEST_DOCKER DOCKGATE_TEST_DOCKER_OLD DOCKGATE_TEST_PLUGINS

empty() { for each in $for_tests; do "$scripts/empty.sh" "$each"; done; }
empty
code=0
vitest run "$@" || code=$?
empty
for each in podman podman-old podman-rootless; do "$scripts/podman.sh" --stop "$each"; done
exit "$code"
