#!/bin/bash
# Starts a private Docker engine, apart from any other on this machine, and prints its address.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
help "usage: scripts/engine/start.sh [NAME]
  Starts a private Docker engine and prints its address (unix:///run/dockgate-engine/NAME/docker.sock).
  NAME is 26 (the default), 20.10, 28 or 28-containerd (with containerd's image store), or one that the tests empty:
  $for_tests (test-restart is a 26).
  The images busybox:latest and $registry/team/tool:1 are ready in it. scripts/engine/stop.sh stops it." "$@"
engine "${1:-26}"
machine
"$scripts/setup.sh" >&2
lock "$name"

# A bridge of its own. The engine is kept from the packet filter, so containers reach each other, and the host them;
# published ports go through the engine's own proxy.
make_network() {
  ip link show "$bridge" >/dev/null 2>&1 || ip link add "$bridge" type bridge
  ip addr replace "$network.0.1/17" dev "$bridge"
  ip link set "$bridge" up
  # Another Docker on the machine makes FORWARD drop.
  rule=(FORWARD -s "$network.0.0/16" -d "$network.0.0/16" -j ACCEPT)
  iptables -C "${rule[@]}" 2>/dev/null || iptables -I "${rule[@]}"
}

# background NAME PROGRAM ARGUMENTS...: starts a daemon that outlives this script and holds none of its descriptors.
background() {
  local log=$run/$1.log pid=$run/$1.pid
  shift
  setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
  echo $! >"$pid"
}

start_containerd() {
  local address=$run/containerd.sock
  alive "$run/containerd.pid" "$programs/usr/bin/containerd" && return
  cat >"$run/containerd.toml" <<END
version = 2
root = "$data/containerd"
state = "$run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$address"
[ttrpc]
address = "$address.ttrpc"
END
  background containerd "$programs/usr/bin/containerd" --config "$run/containerd.toml"
  wait_until 15 "$programs/usr/bin/ctr" --address "$address" version >/dev/null 2>&1 ||
    fail "containerd of engine $name did not start; see $run/containerd.log"
}

# A containerd of its own, as dockerd else joins one that it finds at the usual place, with all that runs there.
start_dockerd() {
  rm -f "$socket" "$run/docker.pid"
  case $store in
    classic) echo '{}' ;;
    containerd) echo '{"features":{"containerd-snapshotter":true}}' ;;
    # With containerd's store too; a pull of Docker Hub's asks the registry of registry.sh first.
    mirrored) echo "{\"features\":{\"containerd-snapshotter\":true},\"registry-mirrors\":[\"http://$registry\"]}" ;;
  esac >"$run/daemon.json"
  background dockerd "$programs/usr/sbin/dockerd" --config-file "$run/daemon.json" --host "unix://$socket" --group root \
    --containerd "$run/containerd.sock" --data-root "$data/docker" --exec-root "$run/docker" --pidfile "$run/docker.pid" \
    --bridge "$bridge" --default-address-pool "base=$network.128.0/17,size=24" --iptables=false --ip6tables=false
  wait_until 30 answers "$socket" || fail "engine $name did not start; see $run/dockerd.log"
}

if ! answers "$socket"; then
  note "starting engine $name"
  mkdir -p "$run" "$data"
  # Programs of this engine's own first: it finds runc, docker-init and docker-proxy by name.
  export PATH=$programs/usr/sbin:$programs/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin
  make_network 2>"$run/network.log" || fail "could not make the bridge $bridge; see $run/network.log"
  start_containerd
  start_dockerd
fi
for image in busybox:latest "$registry/team/tool:1"; do "$scripts/image.sh" "unix://$socket" "$image"; done
echo "unix://$socket"
