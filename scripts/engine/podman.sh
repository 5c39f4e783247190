#!/bin/bash
# Starts a private Podman for the tests, apart from any other on this machine, and prints its address.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
help "usage: scripts/engine/podman.sh [--stop] [NAME]
  Starts the Docker-compatible service of a Podman with settings, storage and containers of its own, and prints its address.
  NAME is podman (the default: Podman 5, unpacked), podman-rootless (the same as the account dockgate-test) or podman-old
  (the one of Debian's packages, which is installed where it is missing; 4.3 on Debian 12).
  The image busybox:latest is ready in it, and nothing else: what an earlier run left is removed. --stop ends it." "$@"
machine
stopping=no
[ "${1:-}" != --stop ] || { stopping=yes && shift; }
name=${1:-podman} account=root
case $name in
  podman) network=10.222 ;;
  podman-rootless) network=10.224 account=dockgate-test ;;
  podman-old) network=10.226 ;;
  *) note "error: no Podman $name; there are podman, podman-rootless and podman-old"; exit 64 ;;
esac
"$scripts/setup.sh" >&2
[ $account = root ] || "$(dirname -- "$scripts")/host/setup.sh"
lock "$name"
run=/run/dockgate-engine/$name data=$root/data/$name socket=$run/docker.sock

# Its settings come by the environment, so that the machine's own Podman is another one.
export CONTAINERS_CONF=$run/containers.conf CONTAINERS_STORAGE_CONF=$run/storage.conf XDG_RUNTIME_DIR=$run
export CONTAINERS_REGISTRIES_CONF=$run/registries.conf HOME=$data/home PODMAN_IGNORE_CGROUPSV1_WARNING=1

install_missing() {
  command -v podman >/dev/null && [ -x /usr/lib/podman/netavark ] || install_debian podman conmon netavark
}

# Containers get few open files and processes: the usual numbers can be more than this machine allows. Podman 5 asks a
# container to stop before it removes it by force, and waits for as long as a stop may take.
# Debian's runc, as crun starts nothing where both cgroup v1 and v2 are mounted.
write_settings() {
  local runc=$root/28/usr/sbin/runc driver=overlay
  [ "$name" != podman-old ] || { runc=$root/20.10/usr/sbin/runc && driver=vfs; }
  mkdir -p "$run/etc" "$data"/{home,networks}
  cat >"$CONTAINERS_CONF" <<END
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
stop_timeout = 1
tmp_dir = "$run/libpod"
[engine.runtimes]
runc = ["$runc"]
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_backend = "netavark"
network_config_dir = "$data/networks"
default_subnet_pools = [{ base = "${network%.*}.$((${network#*.} + 1)).0.0/16", size = 24 }]
END
  cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "$driver"
graphroot = "$data/storage"
runroot = "$run/storage"
END
  printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$registry" >"$CONTAINERS_REGISTRIES_CONF"
  # The machine's own Podman has podman0.
  [ "$name" = podman-old ] || cat >"$data/networks/podman.json" <<END
{"name":"podman","id":"2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9","driver":"bridge",
"network_interface":"dockgatepod","created":"2020-01-01T00:00:00Z","subnets":[{"subnet":"$network.0.0/16","gateway":"$network.0.1"}],
"ipv6_enabled":false,"internal":false,"dns_enabled":false,"ipam_options":{"driver":"host-local"}}
END
  printf '%s:700000:65536\n' "$account" | tee "$run/etc/subuid" >"$run/etc/subgid"
  [ $account = root ] || give_account
}

# What an account needs on a machine that is set up for nobody's Podman: /run may hold no devices.
give_account() {
  chown -R $account: "$run" "$data"
  [ ! -e /dev/net/tun ] || mknod --mode 666 "$data/tun" c 10 200
}

# What gates hold comes into another mount namespace where it is mounted below what is shared with that.
share_places() {
  local place
  for place in /run/dockgate-binds /run/dockgate-sockets; do
    mkdir -p "$place"
    mountpoint -q "$place" || mount --bind "$place" "$place"
    mount --make-shared "$place"
  done
}

# in_podman WORDS...: Podman in mounts of its own, with its /usr and /etc before the system's; all that is mounted elsewhere
# (what a gate holds) comes in. It takes the place of this shell.
in_podman() {
  if [ "$name" = podman-old ]; then exec setsid podman "$@"; fi
  exec setsid unshare --mount --propagation slave /bin/bash -c '
    podman=$1 tools=$2 run=$3 data=$4 account=$5
    shift 5
    mount -t overlay -o "ro,lowerdir=$run/etc:$podman/etc:/etc" etc /etc
    # As on a usual host: rootless, Podman wants to hand on what is mounted.
    mount --make-rshared /
    [ ! -e "$data/tun" ] || mount --bind "$data/tun" /dev/net/tun
    mount --bind "$podman/usr" /usr
    [ "$account" = root ] && exec podman "$@"
    exec "$tools/bin/busybox" su -m -s /usr/bin/podman -- "$account" "$@"' - "$root/podman" "$root/tools" "$run" "$data" $account "$@"
}

stop() {
  if alive "$run/podman.pid" /usr/bin/podman; then kill "$(cat "$run/podman.pid")"; fi
  [ ! -e "$CONTAINERS_CONF" ] || (in_podman system reset --force) >/dev/null 2>&1 || true
  rm -rf "$run" "$data"
}

stop
[ $stopping = no ] || exit 0
[ "$name" != podman-old ] || install_missing
write_settings
share_places
note "starting $name"
(in_podman system service --time=0 "unix://$socket") >"$run/podman.log" 2>&1 </dev/null 9>&- &
echo $! >"$run/podman.pid"
wait_until 20 answers "$socket" || fail "$name did not start; see $run/podman.log"
"$scripts/image.sh" "unix://$socket" busybox:latest
echo "unix://$socket"
