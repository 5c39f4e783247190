#!/bin/bash
# Runs the arm64 executable on this machine, in a Debian of that architecture, before a Docker engine of this one.
set -euo pipefail
project=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$project/scripts/engine/common.sh"
help "usage: scripts/try-arm64.sh
  Makes out/dockgate-linux-arm64, runs it under qemu in a Debian 12 for arm64, before a private engine ('npm run engine'), and does with the docker CLI
  of this machine what a worker does in a day. Prints a line for each command; the exit code is not 0 where one ends otherwise than expected.
  Installs mmdebstrap, qemu-user-static and binutils-aarch64-linux-gnu where they are missing. Takes about ten minutes the first time." "$@"
machine
root_arm64=$root/arm64 register=/proc/sys/fs/binfmt_misc/register

prepare() {
  command -v mmdebstrap >/dev/null && command -v qemu-aarch64-static >/dev/null && command -v aarch64-linux-gnu-strip >/dev/null ||
    install_debian mmdebstrap qemu-user-static binutils-aarch64-linux-gnu
  [ -e "$register" ] || mount -t binfmt_misc binfmt_misc "${register%/*}"
  # Programs of ELF for that processor; F: the kernel opens the emulator now, for roots that have none.
  [ -e "${register%/*}/qemu-aarch64" ] ||
    printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F' >"$register"
  [ -x "$root_arm64/usr/bin/dpkg" ] || mmdebstrap --quiet --architectures=arm64 --variant=minbase bookworm "$root_arm64"
  (cd "$project" && npm run --silent executable -- --architecture arm64)
  cp "$project/out/dockgate-linux-arm64" "$root_arm64/usr/bin/dockgate"
}

# inside WORDS...: runs a program in that Debian.
inside() { chroot "$root_arm64" "$@"; }

start_gate() {
  mkdir -p "$root_arm64/run/engine" "$root_arm64/etc/dockgate" "$root_arm64/srv/ai-worker"
  mount -t proc proc "$root_arm64/proc"
  mount --bind /dev "$root_arm64/dev"
  mount --bind "$(dirname "${engine#unix://}")" "$root_arm64/run/engine"
  rm -rf "$root_arm64/var/lib/dockgate" "$root_arm64/etc/dockgate/policy.yaml"
  inside dockgate init --engine unix:///run/engine/docker.sock --output /etc/dockgate/policy.yaml >&2
  # Not by a function: what it starts would not be what is ended.
  chroot "$root_arm64" dockgate serve --policy /etc/dockgate/policy.yaml --state /var/lib/dockgate >"$root_arm64/gate.log" 2>&1 &
  gate=$!
  wait_until 60 test -S "$socket" || fail "the gate did not start; see $root_arm64/gate.log"
}

stop() {
  [ -z "${gate-}" ] || { kill "$gate" && wait "$gate" || true; }
  for mounted in run/engine dev proc; do umount "$root_arm64/$mounted" 2>/dev/null || true; done
}

# expect CODE WORDS...: runs a command, and says how it ended.
expect() {
  local wanted=$1 code=0 begun=$SECONDS
  shift
  "$@" >"$root_arm64/out.log" 2>&1 || code=$?
  printf '%-6s %3d s  %s\n' "$([ "$code" = "$wanted" ] && echo ok || echo "not ok")" $((SECONDS - begun)) "$*"
  [ "$code" = "$wanted" ] || { cat "$root_arm64/out.log"; failed=yes; }
}

a_day() {
  local context=$root_arm64/context
  mkdir -p "$context"
  printf 'FROM busybox\nRUN echo built >/built\nCMD cat /built\n' >"$context/Dockerfile"
  printf 'services:\n  a:\n    image: busybox\n    command: sleep 100\n  b:\n    build: .\n    depends_on: [a]\n' >"$context/compose.yaml"
  expect 0 docker version
  expect 0 docker run --rm busybox echo hello
  expect 0 docker run -d --name app -v data:/data busybox sh -c 'while :; do date; sleep 1; done'
  expect 0 docker logs app
  expect 0 docker inspect app
  expect 0 docker stats --no-stream app
  expect 0 docker network create side
  expect 0 docker network connect side app
  expect 0 docker restart -t 1 app
  expect 0 docker build -t own:1 "$context"
  expect 0 env DOCKER_BUILDKIT=0 docker build -t own:2 "$context"
  expect 0 docker run --rm own:1
  expect 0 docker compose -f "$context/compose.yaml" up -d --build
  expect 0 docker compose -f "$context/compose.yaml" down -t 1
  expect 125 docker run --rm -v /:/host busybox ls /host
  expect 1 docker exec app ls /
  expect 0 docker rm -f app
  expect 0 docker system prune -af --volumes
  expect 0 inside dockgate status --state /var/lib/dockgate
  expect 0 inside dockgate audit verify --state /var/lib/dockgate
}

socket=$root_arm64/run/dockgate/ai-worker/docker.sock
prepare
engine=$("$scripts/start.sh")
trap stop EXIT
start_gate
home=$root_arm64/home-of-worker
mkdir -p "$home/.docker"
echo "{\"cliPluginsExtraDirs\":[\"$plugins\"]}" >"$home/.docker/config.json"
export DOCKER_HOST=unix://$socket HOME=$home PATH=$root/26/usr/bin:$PATH
a_day
[ -z "${failed-}" ] || fail "not all went as expected"
