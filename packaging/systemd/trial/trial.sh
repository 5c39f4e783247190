#!/bin/bash
# Tries Dockgate's units where systemd runs.
set -euo pipefail
usage="usage: trial.sh running|rebooted
  Inside the virtual machine of try-in-a-virtual-machine.sh: installs Dockgate from /goods and tries it, or looks at what is there after the reboot that follows."
goods=/goods kept=/var/lib/trial
worker=/run/dockgate/ai-worker/docker.sock
. "$goods/steps.sh"

install_all() {
  install -m 0755 "$goods/dockgate" /usr/bin/dockgate
  install -m 0644 "$goods"/dockgate.service "$goods"/dockgate@.socket /etc/systemd/system/
  install -D -m 0644 "$goods/sysusers.d/dockgate.conf" /usr/lib/sysusers.d/dockgate.conf
  install -D -m 0644 "$goods/tmpfiles.d/dockgate.conf" /usr/lib/tmpfiles.d/dockgate.conf
  install -D -m 0644 "$goods/policy.yaml" /etc/dockgate/policy.yaml
  systemd-sysusers dockgate.conf
  systemd-tmpfiles --create dockgate.conf
  id second >/dev/null 2>&1 || useradd --system second
  mkdir -p "$kept"
  tar -C /bin -c busybox | docker import -c 'CMD ["/busybox","sh"]' - busybox:latest >/dev/null
  # The watchdog in a time that can be waited for.
  install -d /etc/systemd/system/dockgate.service.d
  printf '[Service]\nWatchdogSec=10\n' >/etc/systemd/system/dockgate.service.d/trial.conf
  systemctl daemon-reload
}

try_start() {
  systemctl enable --now --quiet dockgate@ai-worker.socket dockgate.service || true
  holds 'systemd takes the gate for started once it serves' is_told '2 of 2 workers are served'
  holds 'the worker of a socket unit is served' as ai-worker "$worker" docker ps
  holds 'the worker without one is served on a socket of the gate' as second /run/dockgate/second/docker.sock docker ps
  holds 'the socket is the one that the unit made, with its owner and mode' [ "$(stat -c '%U %a' "$worker")" = 'ai-worker 600' ]
  stat -c %i "$worker" >"$kept/socket"
  as ai-worker "$worker" docker run --rm --privileged busybox true 2>/dev/null || true
  sleep 1
  holds 'a refusal is a notice in the journal' in_journal 5 'refuse container.create'
  holds 'what is allowed is information' in_journal 6 'allow  container.list'
  holds 'the heads of the record are information' in_journal 6 'the record has'
  show "memory: $(($(property MemoryCurrent) / 1048576)) MiB with what is cached of files, $(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$(property MainPID)/status") MiB of the process"
}

try_restarts() {
  local round before
  load_begins
  for round in 1 2 3; do
    before=$(property MainPID)
    systemctl restart dockgate || true
    holds "restart $round is another process" [ "$(property MainPID)" != "$before" ]
    sleep 3
  done
  load_ends
  holds 'no call failed over three restarts' [ "$failed" = 0 ]
  holds 'the socket is the same' [ "$(stat -c %i "$worker")" = "$(cat "$kept/socket")" ]
}

try_reloads() {
  load_begins
  sed -i 's/allow: \[ps\]/allow: [ps, version]/' /etc/dockgate/policy.yaml
  systemctl reload dockgate || true
  comes_to_hold 'a new policy comes into force, and the gate is active' is_told 'the new policy is in force'
  cp /etc/dockgate/policy.yaml "$kept/policy.yaml"
  echo 'workers: wrong' >>/etc/dockgate/policy.yaml
  systemctl reload dockgate || true
  comes_to_hold 'a wrong one does not' is_told "the old policy stays in force; the new one can't be used"
  holds 'which is an error in the journal' in_journal 3 'the old policy stays in force'
  cp "$kept/policy.yaml" /etc/dockgate/policy.yaml
  systemctl reload dockgate || true
  comes_to_hold 'one that is right again does' is_told 'the new policy is in force'
  load_ends
  holds 'no call failed over three reloads' [ "$failed" = 0 ]
}

try_kill() {
  local before
  before=$(property MainPID)
  makes_begin
  sleep 15
  systemctl kill --signal=KILL --kill-whom=main dockgate
  until_holds 60 started_again "$before"
  sleep 4
  makes_end
  holds 'after kill -9 systemd starts it again' [ "$(property ActiveState)" = active ]
  holds 'all containers whose making was answered are there, and the worker'"'"'s' made_are_there
  holds 'all of them are in the record' made_are_recorded
  holds 'the record is whole' dockgate audit verify
  holds 'calls are answered again' as ai-worker "$worker" docker ps
}

try_watchdog() {
  local before
  before=$(property MainPID)
  sleep 25
  holds 'the gate lives on under the watchdog, of 10 seconds' [ "$(property MainPID)" = "$before" ]
  kill -STOP "$before"
  until_holds 60 started_again "$before"
  holds 'one that stands still is ended and started again' sh -c "journalctl --unit dockgate --output cat | grep -q 'Watchdog timeout'"
  holds 'and serves' as ai-worker "$worker" docker ps
  holds 'the record is whole' dockgate audit verify
}

try_reboot() {
  until_holds 120 is_active
  holds 'after a reboot the gate is there' is_active
  holds 'the worker is served' as ai-worker "$worker" docker ps
  holds 'its containers are its own still' made_are_there
  holds 'all of them are in the record' made_are_recorded
  holds 'the record is whole' dockgate audit verify
  show "systemd: $(systemctl --version | head -n 1); $(systemd-analyze security dockgate.service | tail -n 1)"
}

case ${1:-} in
  -h | --help) echo "$usage" ;;
  running)
    install_all
    try_start
    try_restarts
    try_reloads
    try_kill
    try_watchdog
    ;;
  rebooted) try_reboot ;;
  *) echo "$usage" >&2; exit 64 ;;
esac
[ "$wrong" = 0 ]
