#!/bin/bash
# Makes the image of busybox and all its applets in an engine, without any registry.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
help "usage: scripts/engine/image.sh URL NAME:TAG
  Makes a 2 MB image with busybox in the engine at that address (unix:///…), unless it has one of that name." "$@"
[ $# = 2 ] || { note "error: give an engine's address and an image's name; see --help"; exit 64; }
url=$1 image=$2
! docker --host "$url" image inspect "$image" >/dev/null 2>&1 || exit 0
if [ "$image" != busybox:latest ] && docker --host "$url" tag busybox:latest "$image" 2>/dev/null; then exit 0; fi

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bin,etc,root,tmp,usr/bin,var}
chmod 755 "$tree"
chmod 1777 "$tree/tmp"
cp "$root/tools/bin/busybox" "$tree/bin/busybox"
for applet in $("$tree/bin/busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n' >"$tree/etc/passwd"
printf 'root:x:0:\nuser:x:1000:\n' >"$tree/etc/group"
tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory "$tree" . |
  docker --host "$url" import --change 'CMD ["sh"]' - "$image" >/dev/null
