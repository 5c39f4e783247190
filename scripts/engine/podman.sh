#!/bin/bash
# Starts a private Podman for the tests, apart from any other on this machine, and prints its address.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
help "usage: scripts/engine/podman.sh [--stop]
  Installs podman from Debian's packages where it is missing, starts its Docker-compatible service with settings, storage
  and containers of its own, and prints its address. The image busybox:latest is ready in it, and nothing else: what an
  earlier run left is removed. --stop ends it." "$@"
machine
"$scripts/setup.sh" >&2
lock podman
run=/run/dockgate-engine/podman data=$root/data/podman socket=$run/docker.sock

# Its settings come by the environment, so that the machine's own Podman is another one.
export CONTAINERS_CONF=$run/containers.conf CONTAINERS_STORAGE_CONF=$run/storage.conf

install_missing() {
  local log=$root/apt.log
  command -v podman >/dev/null && [ -x /usr/lib/podman/netavark ] && return
  note "installing podman"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 podman conmon netavark; } >"$log" 2>&1 || fail "could not install podman; see $log"
}

# Containers get few open files and processes: the usual numbers can be more than this machine allows.
write_settings() {
  mkdir -p "$run" "$data"
  cat >"$CONTAINERS_CONF" <<END
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[engine.runtimes]
runc = ["$root/20.10/usr/sbin/runc"]
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_backend = "netavark"
network_config_dir = "$data/networks"
END
  cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "vfs"
graphroot = "$data/storage"
runroot = "$run/storage"
END
}

stop() {
  if alive "$run/podman.pid" /usr/bin/podman; then kill "$(cat "$run/podman.pid")"; fi
  [ ! -e "$CONTAINERS_CONF" ] || podman system reset --force >/dev/null 2>&1 || true
  rm -rf "$run" "$data"
}

stop
[ "${1:-}" != --stop ] || exit 0
install_missing
write_settings
note "starting podman"
setsid podman system service --time=0 "unix://$socket" >"$run/podman.log" 2>&1 </dev/null 9>&- &
echo $! >"$run/podman.pid"
wait_until 20 answers "$socket" || fail "podman did not start; see $run/podman.log"
"$scripts/image.sh" "unix://$socket" busybox:latest
echo "unix://$socket"
