#!/bin/bash
# Starts a registry on the loopback address, with one image in it to pull. Engines trust loopback without TLS.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
help "usage: scripts/engine/registry.sh
  Starts a registry at $registry which has the image team/tool:1, and prints its address." "$@"
machine
url=$("$scripts/start.sh" test-26)
lock registry
run=/run/dockgate-engine/registry
serves() { get "http://$registry/v2/$1" >/dev/null; }

if ! serves ''; then
  note "starting the registry"
  mkdir -p "$run"
  cat >"$run/registry.yml" <<END
version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: $root/data/registry }
  delete: { enabled: true }
http: { addr: "$registry" }
END
  setsid "$root/26/usr/bin/docker-registry" serve "$run/registry.yml" >>"$run/registry.log" 2>&1 </dev/null 9>&- &
  echo $! >"$run/registry.pid"
  wait_until 10 serves '' || fail "the registry did not start; see $run/registry.log"
fi
if ! serves team/tool/manifests/1; then
  docker --host "$url" push --quiet "$registry/team/tool:1" >/dev/null || fail "could not push an image to $registry"
fi
echo "$registry"
