#!/bin/bash
# Tries the units in a virtual machine that systemd boots, before Debian's Docker.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "$0")")
project=$(dirname -- "$(dirname -- "$here")")
. "$project/scripts/engine/common.sh"
usage="usage: packaging/systemd/try-in-a-virtual-machine.sh [OPTION...]
  Boots Debian with Docker in a virtual machine, puts Dockgate and its units there, and tries them: a start, restarts and reloads under load, kill -9, the watchdog,
  a reboot. Prints what came of each, and ends with 1 where something did not hold.
  --program FILE   the executable (default: out/dockgate-linux-x64, which 'npm run executable' makes)
  --suite NAME     Debian's bookworm (the default) or trixie
  --folder DIR     where its image is made, once, and kept (default: /var/tmp/dockgate-virtual-machine)
  --keep           leaves the machine running, and says how to get in
  As root, with Debian's qemu-system-x86, qemu-utils, mmdebstrap, e2fsprogs and openssh-client, and a mirror of Debian's for the image. Needs no KVM: a minute for the image, about five for the trial."
program=$project/out/dockgate-linux-x64 suite=bookworm folder=/var/tmp/dockgate-virtual-machine keep=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) echo "$usage"; exit 0 ;;
    --program | --suite | --folder)
      [ $# -gt 1 ] || { note "error: $1 needs a value"; exit 64; }
      declare "${1#--}=$2"
      shift
      ;;
    --keep) keep=yes ;;
    *) note "error: no option $1 (--help lists them)"; exit 64 ;;
  esac
  shift
done
[ "$(id -u)" = 0 ] || fail "the image is made by root; run this again as root"
[ -x "$program" ] || fail "$program is missing; run 'npm run executable', or name one by --program"
for needed in qemu-system-x86_64 qemu-img mmdebstrap mkfs.ext4 ssh ssh-keygen; do
  command -v "$needed" >/dev/null || fail "$needed is missing; install qemu-system-x86, qemu-utils, mmdebstrap, e2fsprogs and openssh-client"
done
base=$folder/$suite run=$(mktemp -d) machine=''

leave() {
  if [ -n "$machine" ] && [ -z "$keep" ]; then
    kill "$machine" || true
    wait "$machine" || true
    rm -rf "$run"
  fi
}
trap leave EXIT

# The image, with a key by which root gets in. It is made whole, or not at all.
make_image() {
  [ ! -e "$base/disk.qcow2" ] || return 0
  note "making an image of Debian's $suite in $base"
  rm -rf "$base" "$base.new"
  mkdir -p "$base.new/root"
  mmdebstrap --quiet --variant=minbase "$suite" "$base.new/root.tar" \
    --include=linux-image-cloud-amd64,openssh-server,systemd-sysv,udev,iproute2,dbus,docker.io,iptables,curl,busybox-static
  tar -C "$base.new/root" -xf "$base.new/root.tar"
  ssh-keygen -q -t ed25519 -N '' -f "$base.new/key"
  install -D -m 0600 "$base.new/key.pub" "$base.new/root/root/.ssh/authorized_keys"
  printf '[Match]\nName=eth0\n[Network]\nDHCP=yes\n' >"$base.new/root/etc/systemd/network/eth0.network"
  chroot "$base.new/root" systemctl --quiet enable systemd-networkd
  cp "$base.new"/root/boot/vmlinuz-* "$base.new/vmlinuz"
  cp "$base.new"/root/boot/initrd.img-* "$base.new/initrd.img"
  truncate -s 4G "$base.new/disk.raw"
  mkfs.ext4 -q -d "$base.new/root" "$base.new/disk.raw"
  qemu-img convert -O qcow2 "$base.new/disk.raw" "$base.new/disk.qcow2"
  rm -rf "$base.new/root" "$base.new/root.tar" "$base.new/disk.raw"
  mv "$base.new" "$base"
}

# What is tried comes on a disk of its own.
make_goods() {
  mkdir "$run/goods"
  cp "$program" "$run/goods/dockgate"
  cp -r "$here"/*.service "$here"/*.socket "$here/sysusers.d" "$here/tmpfiles.d" "$here/examples" "$here"/trial/* "$run/goods/"
  truncate -s 300M "$run/goods.raw"
  mkfs.ext4 -q -d "$run/goods" "$run/goods.raw"
}

boot() {
  qemu-img create -q -f qcow2 -b "$base/disk.qcow2" -F qcow2 "$run/disk.qcow2"
  qemu-system-x86_64 -M pc -cpu max -accel tcg,tb-size=256 -m 1536 -smp 2 -nodefaults -display none \
    -kernel "$base/vmlinuz" -initrd "$base/initrd.img" -append 'root=/dev/vda rw console=ttyS0 quiet net.ifnames=0' \
    -drive "if=virtio,file=$run/disk.qcow2,format=qcow2,cache=unsafe" -drive "if=virtio,file=$run/goods.raw,format=raw,readonly=on" \
    -device virtio-rng-pci -netdev "user,id=n0,hostfwd=tcp:127.0.0.1:$port-:22" -device virtio-net-pci,netdev=n0 \
    -serial "file:$run/serial.log" >"$run/qemu.log" 2>&1 &
  machine=$!
}

# guest COMMAND...: runs it there as root.
guest() {
  ssh -i "$base/key" -p "$port" -o BatchMode=yes -o ConnectTimeout=20 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR -o KexAlgorithms=curve25519-sha256 root@127.0.0.1 "$@"
}

# Waits until the machine that was booted since is up. Asking often would slow it down.
wait_for_boot() {
  local before=$1 tries=60
  until id=$(guest cat /proc/sys/kernel/random/boot_id 2>/dev/null) && [ "$id" != "$before" ]; do
    kill -0 "$machine" 2>/dev/null || { cat "$run/qemu.log" >&2; fail "the virtual machine ended"; }
    [ $((tries -= 1)) -gt 0 ] || { tail -n 20 "$run/serial.log" >&2; fail "the virtual machine does not come up"; }
    sleep 3
  done
}

port=$((20000 + RANDOM % 10000)) id=''
make_image
make_goods
boot
wait_for_boot ''
note "the virtual machine is up after $SECONDS s"
[ -z "$keep" ] || note "to get in: ssh -i $base/key -p $port root@127.0.0.1; to end it: kill $machine"
guest 'mkdir -p /goods && mount -o ro /dev/vdb /goods && bash /goods/trial.sh running'
guest 'systemctl reboot' || true
wait_for_boot "$id"
guest 'mount -o ro /dev/vdb /goods && bash /goods/trial.sh rebooted'
note "all of it held, after $SECONDS s"
