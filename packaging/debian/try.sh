#!/bin/bash
# Installs, upgrades, removes and purges the package in clean roots of Debian, and looks at what it does and leaves there.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "$0")")
project=$(dirname -- "$(dirname -- "$here")")
# shellcheck source=../../scripts/engine/common.sh
. "$project/scripts/engine/common.sh"
usage="usage: packaging/debian/try.sh [OPTION...] PACKAGE
  Tries a package that packaging/debian/build.sh made, in roots of Debian 12 and 13 that mmdebstrap makes, and fails where it does
  or leaves something else than it should. systemd does not run there: what the package's scripts would ask of it is told.
  --release 12|13   in this one alone
  --cache FOLDER    where the roots are kept (default: dockgate-roots in XDG_CACHE_HOME or ~/.cache)
  --no-lintian      without Debian's checks of packages, which take a minute for each release
  Needs root, Debian's mmdebstrap, and a machine of the package's architecture."
help "$usage" "$@"
misused() { note "error: $*"; echo "$usage" >&2; exit 64; }

releases=(12 13) cache=${XDG_CACHE_HOME:-$HOME/.cache}/dockgate-roots has_lintian=yes package=''
while [ $# -gt 0 ]; do
  case $1 in
    --release) releases=("${2:-}") && shift ;;
    --cache) cache=${2:-} && shift ;;
    --no-lintian) has_lintian=no ;;
    -*) misused "no option $1" ;;
    *) package=$1 ;;
  esac
  shift || misused "an option needs a value"
done
[ -f "$package" ] || misused "name the package"
[ "$(id -u)" = 0 ] || fail "a clean root needs root; run this again as root"
command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing; install Debian's package of this name"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
base=$work/root failures=0
wrong() { note "WRONG: $*"; failures=$((failures + 1)); }

# name_of RELEASE
name_of() { case $1 in 12) echo bookworm ;; 13) echo trixie ;; *) misused "no release $1; there are 12 and 13" ;; esac; }

# unpack RELEASE USE PACKAGES: a clean root with these packages, at $base.
unpack() {
  local kept=$cache/$1-$2.tar
  mkdir -p "$cache"
  if [ ! -s "$kept" ]; then
    note "making a root of Debian $1 for $2: $kept"
    nice -n 15 mmdebstrap --quiet --variant=minbase --include="$3" "$(name_of "$1")" "$work/new.tar"
    mv "$work/new.tar" "$kept"
  fi
  rm -rf "$base"
  mkdir "$base"
  tar -xf "$kept" -C "$base"
}

# inside COMMAND...: in the root, with a /proc of its own, and without a network.
inside() {
  unshare --mount --pid --net --fork --mount-proc="$base/proc" chroot "$base" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}

# apt WORDS...: what it says is kept, and shown where it fails.
apt() { inside apt-get -qq -y -o Dpkg::Use-Pty=0 "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; wrong "apt-get $*"; }; }

# listen: a stand-in for systemctl, which tells what it was asked for. What needs no running systemd is answered by the real one.
listen() {
  # Folders that any host has.
  mkdir -p "$base"/run/systemd/system "$base"/etc/systemd/system/{multi-user,sockets}.target.wants \
    "$base/var/lib/systemd/deb-systemd-helper-enabled/multi-user.target.wants"
  mv "$base/usr/bin/systemctl" "$base/usr/bin/systemctl.real"
  cat >"$base/usr/bin/systemctl" <<'STAND_IN'
#!/bin/sh
case "$*" in *is-enabled* | *preset*) exec systemctl.real "$@" ;; esac
echo "$*" >>/tmp/asked
STAND_IN
  chmod 755 "$base/usr/bin/systemctl"
}

# asked TEXT: what systemd was to do since the last time; look-ups aside.
asked() {
  local found
  found=$(grep -vE 'daemon-reload|is-active|show|list-' "$base/tmp/asked" 2>/dev/null | sed -E 's/--(quiet|system|no-pager) //g' | paste -sd ';') || true
  rm -f "$base/tmp/asked"
  [ "$found" = "$1" ] || wrong "systemd was to '$found', not '$1'"
}

# here: all files but those of the machine itself, of dpkg and of apt.
here() {
  (cd "$base" && find . -path ./proc -prune -o -path ./dev -prune -o -path ./sys -prune -o -path ./tmp -prune -o -path ./var/cache -prune -o -path ./var/log -prune \
    -o -path ./var/lib/dpkg -prune -o -path ./var/lib/apt -prune -o -name '*.pwd.lock' -o -path './etc/*-' -o -printf '/%P\n' | sort)
}

# left WHEN: compares what is there more than before the package came with the lines on standard input.
left() {
  local found expected
  found=$(here | comm -13 "$work/before" -)
  expected=$(sort)
  printf '  %s:\n' "$1"
  printf '%s\n' "${found:-nothing}" | sed 's/^/    /'
  [ "$found" = "$expected" ] || wrong "$1 these were expected: ${expected:-none}"
}

# says TEXT: whether apt-get passed on that line.
says() { grep -qF -- "$1" "$work/said" || { cat "$work/said"; wrong "nothing says: $1"; }; }

# older: the same package with a lower version, which is not compressed.
older() {
  dpkg-deb -R "$package" "$work/older"
  sed -i 's/^Version: .*/Version: 0.0.1-1/' "$work/older/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone --build "$work/older" "$work/older.deb" >/dev/null
  rm -rf "$work/older"
}

# install FILE: as a person does.
install_package() { cp "$1" "$base/tmp/dockgate.deb" && apt install /tmp/dockgate.deb; }

# works: what a person does first.
works() {
  local version
  version=$(inside dockgate --version) || wrong "dockgate --version"
  echo "  dockgate --version: $version"
  [ "$version" = "$(dpkg-deb -f "$package" Version | sed 's/-[^-]*$//; s/~/-/')" ] || wrong "dockgate --version says $version"
  inside dockgate policy check /etc/dockgate/policy.yaml.example | sed 's/^/  /' || wrong "the example is no sound policy"
  inside man --path dockgate >/dev/null || wrong "there is no manual"
  inside bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader dockgate; complete -p dockgate' >/dev/null || wrong "bash completes nothing"
}

is_enabled() { [ -L "$base/etc/systemd/system/multi-user.target.wants/dockgate.service" ]; }

# fresh: installed, and purged before it was used.
fresh() {
  install_package "$package"
  says "dockgate: no gate runs yet"
  asked ""
  works
  is_enabled || wrong "the gate is not enabled"
  apt purge dockgate
  left "purged before it was used, there is" </dev/null
}

# used: an older one with a policy, a record and a worker's socket, and not to start by itself; upgraded, removed and purged.
used() {
  local link=/etc/systemd/system/sockets.target.wants/dockgate@ai-worker.socket
  install_package "$work/older.deb"
  cp "$base/etc/dockgate/policy.yaml.example" "$base/etc/dockgate/policy.yaml"
  echo "# mine" >>"$base/etc/dockgate/policy.yaml.example"
  echo "stands in for a record" >"$base/var/lib/dockgate/dockgate.db"
  ln -s /usr/lib/systemd/system/dockgate@.socket "$base$link"
  rm -f "$base/tmp/asked" "$base/etc/systemd/system/multi-user.target.wants/dockgate.service"
  install_package "$package"
  echo "  upgraded from $(dpkg-deb -f "$work/older.deb" Version)"
  asked "try-restart dockgate.service"
  grep -q '^# mine$' "$base/etc/dockgate/policy.yaml.example" || wrong "the upgrade wrote over a changed conffile"
  ! is_enabled || wrong "the upgrade enabled a gate that was disabled"
  apt remove dockgate
  asked "stop dockgate@*.socket dockgate.service"
  left "removed, there is" <<LEFT
/etc/dockgate
/etc/dockgate/policy.yaml
/etc/dockgate/policy.yaml.example
$link
/run/dockgate
/var/lib/dockgate
/var/lib/dockgate/dockgate.db
/var/lib/systemd/deb-systemd-helper-enabled/dockgate.service.dsh-also
/var/lib/systemd/deb-systemd-helper-enabled/multi-user.target.wants/dockgate.service
LEFT
  apt purge dockgate
  says "the record of what workers did is left in /var/lib/dockgate"
  left "purged, there is" <<LEFT
/var/lib/dockgate
/var/lib/dockgate/dockgate.db
LEFT
}

# check RELEASE: Debian's own checks, of that release. That of 12 asks for a script of sysvinit too, which Debian gave up since.
check() {
  local words=(--no-cfg --display-info --fail-on 'error,warning,info')
  [ "$1" != 12 ] || words+=(--suppress-tags package-supports-alternative-init-but-no-init.d-script)
  unpack "$1" lintian lintian
  cp "$package" "$base/tmp/dockgate.deb"
  inside lintian --allow-root "${words[@]}" /tmp/dockgate.deb | sed 's/^/  /' || wrong "lintian of Debian $1"
  echo "  lintian $(inside lintian --version | sed 's/.* v//') is done"
}

older
for release in "${releases[@]}"; do
  for trial in fresh used; do
    echo "Debian $release, $trial"
    unpack "$release" trial systemd,bubblewrap,bash-completion,man-db
    listen
    here >"$work/before"
    $trial
    echo "  accounts that stay: $(comm -13 <(tar -xOf "$cache/$release-trial.tar" ./etc/passwd | sort) <(sort "$base/etc/passwd") | cut -d: -f1 | paste -sd ' ')"
  done
  [ $has_lintian = no ] || check "$release"
done
[ $failures = 0 ] || fail "$failures things are wrong"
note "all is as it should be"
