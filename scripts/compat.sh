#!/bin/bash
# Runs what others wrote, on the raw engine and through a gate, and writes what passes: compat/results.json, docs/compatibility.md.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$project/scripts/engine/common.sh"
compat=${DOCKGATE_COMPAT:-/opt/dockgate-compat}
suites=(docker-py dockerode ansible stacks devcontainer)
help "usage: npm run compat [-- SUITE...]
  Runs ${suites[*]}, or those that are named, each on a private Docker 28 and through a gate before it with compat/policy.yaml, and
  writes what passed to compat/results.json and docs/compatibility.md. Checkouts of docker-py and dockerode are looked for in $compat
  (DOCKGATE_COMPAT names another directory), and made there by git where they are not; Debian's packages and npm's come as usual.
  Takes half an hour. Needs root on Debian 12 or newer." "$@"
machine
export PATH=$project/node_modules/.bin:$PATH
[ $# -gt 0 ] || set -- "${suites[@]}"
for suite in "$@"; do [ -e "$project/compat/$suite.sh" ] || { note "error: no suite $suite; there are ${suites[*]}"; exit 64; }; done
lock compat-run

(cd "$project" && npm run --silent build)
engine=$("$scripts/start.sh" compat)
"$scripts/registry.sh" >/dev/null
mkdir -p "$compat"
# Folders that a worker may mount lead through none that others may write.
work=/srv/dockgate-compat.$$ gate=
mkdir -p "$work/work"
end() {
  [ -z "$gate" ] || kill "$gate" 2>/dev/null || true
  wait 2>/dev/null || true
  "$scripts/empty.sh" compat || true
  rm -rf "$work"
}
trap end EXIT

start_gate() {
  sed "s|/srv/compat|$work|" "$project/compat/policy.yaml" >"$work/policy.yaml"
  "$project/bin/dockgate" serve --policy "$work/policy.yaml" --engine "$engine" --state "$work/state" \
    >"$compat/gate.log" 2>&1 9>&- &
  gate=$!
  wait_until 30 answers "$work/worker/docker.sock" || fail "the gate did not start; see $compat/gate.log"
}

stop_gate() {
  kill "$gate"
  wait "$gate" || true
  gate=
  rm -rf "$work/state"
}

# run SUITE SIDE ENGINE: its lines go to SUITE.SIDE, what it prints to SUITE.SIDE.log.
run() {
  local told=$compat/$1.$2
  note "$1, $2"
  find "$work/work" -mindepth 1 -delete
  mkdir "$work/work/home" && cp -r "$root/client-28" "$work/work/home/.docker"
  : >"$told"
  env -u DOCKER_CONTEXT -u DOCKER_CONFIG HOME="$work/work/home" TMPDIR="$work/work" DOCKER_HOST="$3" DOCKER_BUILDKIT=0 \
    COMPAT="$compat" COMPAT_WORK="$work/work" COMPAT_ENGINE="$engine" bash "$project/compat/$1.sh" 3>>"$told" >"$told.log" 2>&1 9>&- ||
    fail "$1 ended with an error; see $told.log"
  note "$1, $2: $(grep -c ^passed "$told" || true) of $(grep -c "^passed\|^failed" "$told" || true) passed"
}

for suite in "$@"; do
  "$scripts/empty.sh" compat
  run "$suite" raw "$engine"
  "$scripts/empty.sh" compat
  start_gate
  run "$suite" gate "unix://$work/worker/docker.sock"
  stop_gate
done
node "$project/compat/report.ts" "$compat" "$@"
