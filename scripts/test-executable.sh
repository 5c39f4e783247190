#!/bin/bash
# Runs the tests with the one executable file in the place of the checkout's program.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$project/scripts/engine/common.sh"
help "usage: npm run test:executable [-- VITEST ARGUMENTS...]
  Makes the executable file (npm run executable), and runs the tests that start Dockgate with it: gate, SSH, MCP and command line.
  Arguments go to vitest, as those of 'npm test' do." "$@"
cd "$project"
export PATH=$project/node_modules/.bin:$PATH
export DOCKGATE_TEST_PROGRAM=$project/out/dockgate-linux-$(node -p process.arch)
npm run --silent executable
[ $# -gt 0 ] || set -- test/engine test/ssh test/mcp test/stories
exec "$project/scripts/test.sh" "$@"
