#!/bin/bash
# Runs the tests that need an engine on each of the engines, all of them on each.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$project/scripts/engine/common.sh"
help "usage: npm run test:engines [-- ENGINE...]
  Runs all of test/engine on each engine: new (Docker 28 with containerd's image store), 28, 26 and old (20.10), or on those that are named.
  Takes about ten minutes for each. The exit code is not 0 if a test failed on any of them." "$@"
code=0
[ $# -gt 0 ] || set -- new 28 26 old
for engine in "$@"; do
  note "all tests on the $engine engine"
  DOCKGATE_TEST_ONLY=$engine "$project/scripts/test.sh" test/engine || code=1
done
exit "$code"
