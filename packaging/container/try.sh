#!/bin/bash
# Builds the container image, and lets a worker work through a gate that runs in it.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "$0")")
project=$(dirname -- "$(dirname -- "$here")")
. "$project/scripts/engine/common.sh"
help "usage: packaging/container/try.sh
  Makes the executable and its container image on a private engine ('npm run engine -- 28-containerd'), runs a gate in it as compose.yaml does, and a
  worker's commands through that. The image stands on a Debian 12 that mmdebstrap makes, named as Docker Hub's debian:12-slim is.
  Prints a line for each command; the exit code is not 0 where one ends otherwise than expected." "$@"
machine
engine=$("$scripts/start.sh" 28-containerd)
docker() { HOME=$folder PATH=$root/28/usr/bin:$PATH command docker "$@"; }
host() { docker -H "$engine" "$@"; }
worker() { docker -H "unix://$folder/run/ai-worker/docker.sock" "$@"; }

# expect CODE WORDS...: runs a command, and says how it ended.
expect() {
  local wanted=$1 code=0
  shift
  "$@" >"$folder/out.log" 2>&1 || code=$?
  printf '%-6s  %s\n' "$([ "$code" = "$wanted" ] && echo ok || echo "not ok")" "$*"
  [ "$code" = "$wanted" ] || { cat "$folder/out.log"; failed=yes; }
}

base_image() {
  host image inspect debian:12-slim >/dev/null 2>&1 && return
  command -v mmdebstrap >/dev/null || install_debian mmdebstrap
  mmdebstrap --quiet --variant=minbase --include=libstdc++6 bookworm "$folder/debian.tar"
  host import "$folder/debian.tar" debian:12-slim >/dev/null
}

folder=$(mktemp -d /srv/dockgate-container-XXXXXX)
trap 'host rm -f -v dockgate >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
mkdir -p "$folder/.docker" "$folder/etc" "$folder/run" "$folder/work/below"
echo "{\"cliPluginsExtraDirs\":[\"$plugins\"]}" >"$folder/.docker/config.json"
base_image
(cd "$project" && PATH=$project/node_modules/.bin:$PATH npm run --silent executable)
expect 0 host build -q -t dockgate -f "$here/Dockerfile" "$project/out"
"$project/out/dockgate-linux-x64" init --engine unix:///var/run/docker.sock --output "$folder/etc/policy.yaml" >/dev/null
sed -i "s#/srv/ai-worker\b#$folder/work#" "$folder/etc/policy.yaml"
expect 0 host run -d --name dockgate --network none --read-only --cap-drop ALL --cap-add CHOWN --cap-add FOWNER --cap-add DAC_OVERRIDE \
  --security-opt no-new-privileges -v "${engine#unix://}:/var/run/docker.sock" -v "$folder/etc:/etc/dockgate:ro" \
  -v "$folder/run:/run/dockgate" -v /var/lib/dockgate -v "$folder/work:$folder/work" dockgate
wait_until 30 test -S "$folder/run/ai-worker/docker.sock" || fail "the gate did not start: $(host logs dockgate 2>&1)"
expect 0 worker run --rm busybox echo hello
expect 0 worker run --rm -v "$folder/work:/work" busybox touch /work/made
expect 0 test -e "$folder/work/made"
# What a gate without mounts of its own can't hold fast.
expect 125 worker run --rm -v "$folder/work/below:/work" busybox true
expect 125 worker run --rm -v /:/host busybox true
expect 0 worker run -d --name app busybox sleep 100
expect 0 worker restart -t 0 app
expect 0 host kill -s HUP dockgate
expect 0 worker rm -f app
expect 0 host exec dockgate /usr/bin/dockgate audit verify --state /var/lib/dockgate
host stats --no-stream --format 'memory: {{.MemUsage}}' dockgate
host image inspect -f 'size: {{.Size}} bytes' dockgate
[ -z "${failed-}" ] || fail "not all went as expected"
