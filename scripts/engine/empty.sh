#!/bin/bash
# Empties one of the engines that are there for tests.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
help "usage: scripts/engine/empty.sh NAME
  Deletes all containers, networks, volumes, build caches and images of that engine but for the ready images.
  NAME is one of $for_tests, or compat." "$@"
case ${1:-} in
  test-* | compat) engine "$1" ;;
  *) note "error: only an engine for tests is emptied: $for_tests, compat"; exit 64 ;;
esac
in_engine() { docker --host "unix://$socket" "$@"; }

# remove COMMAND...: runs it on the names that come on standard input, if any.
remove() {
  local names
  mapfile -t names
  [ ${#names[@]} = 0 ] || in_engine "$@" "${names[@]}" >/dev/null
}

in_engine ps --all --quiet | remove rm --force --volumes
in_engine network ls --quiet --filter type=custom | remove network rm
in_engine volume ls --quiet | remove volume rm --force
in_engine images --format '{{.Repository}}:{{.Tag}}' |
  awk -v ready="$registry/team/tool:1" '$0 != ready && $0 != "busybox:latest" && !/<none>/' | remove rmi --force
in_engine system prune --force >/dev/null
