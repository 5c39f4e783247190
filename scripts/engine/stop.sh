#!/bin/bash
# Stops private engines, with their containers and networks, and the registry. Images and volumes stay.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
help "usage: scripts/engine/stop.sh [NAME...]
  Stops the private engines of those names, or all of them and the registry.
  Delete $root afterwards to be rid of everything." "$@"
machine

# stop PIDFILE PROGRAM: asks it to end and waits until it has.
stop() {
  if alive "$1" "$2"; then
    kill "$(cat "$1")"
    wait_until 30 gone "$1" "$2" || fail "$2 does not stop"
  fi
  rm -f "$1"
}
gone() { ! alive "$@"; }

# unmount_under DIRECTORY...: what an engine leaves mounted when it ends, the innermost first.
unmount_under() {
  local directory
  for directory in "$@"; do
    awk -v under="$directory/" 'index($2, under) == 1 { print $2 }' /proc/self/mounts | tac | xargs --no-run-if-empty umount
  done
}

stop_engine() {
  engine "$1"
  lock "$name"
  stop "$run/dockerd.pid" "$programs/usr/sbin/dockerd"
  stop "$run/containerd.pid" "$programs/usr/bin/containerd"
  unmount_under "$run" "$data"
  if ip link show "$bridge" >/dev/null 2>&1; then ip link delete "$bridge"; fi
  iptables -D FORWARD -s "$network.0.0/16" -d "$network.0.0/16" -j ACCEPT 2>/dev/null || true
  rm -rf "$run"
}

if [ $# = 0 ]; then
  set -- $all_engines
  lock registry
  stop /run/dockgate-engine/registry/registry.pid "$root/26/usr/bin/docker-registry"
fi
for each in "$@"; do stop_engine "$each"; done
