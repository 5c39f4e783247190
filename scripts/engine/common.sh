# What the engine scripts share: names, places and how they speak. Sourced, never run.
# Everything lives in DOCKGATE_ENGINE_ROOT (programs, images, data) and /run/dockgate-engine (sockets, logs).

root=${DOCKGATE_ENGINE_ROOT:-/opt/dockgate-engine}
registry=127.0.0.1:5055
plugins=$root/26/usr/libexec/docker/cli-plugins
scripts=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")

note() { echo "dockgate: $*" >&2; }
fail() { note "error: $*"; exit 69; }

# help TEXT ARGUMENTS...: answers --help with the text.
help() {
  local text=$1 argument
  shift
  for argument in "$@"; do
    case $argument in -h | --help) echo "$text"; exit 0 ;; esac
  done
}

# machine: checks that this is a machine that the engines can be made on.
machine() {
  local version=0
  [ "$(id -u)" = 0 ] || fail "the private engine needs root; run this again as root"
  command -v apt-get >/dev/null || fail "the private engine is made of Debian's packages, and there is no apt-get here"
  [ ! -r /etc/os-release ] || version=$(. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_ID:-99}") || version=0
  [ "${version%%.*}" -ge 12 ] || fail "the private engine needs Debian 12 or newer"
}

# Every engine. Those for tests are emptied by them.
for_tests="test-26 test-20.10 test-28 test-28-containerd test-restart"
all_engines="26 20.10 28 28-containerd compat $for_tests"

# engine NAME: sets what belongs to that engine. Each has a network of its own: the bridge in the lower half, the pool in the upper.
# A bridge's name has 15 letters at most.
engine() {
  store=classic
  case $1 in
    26) network=10.213 version=26 bridge=dockgate26 ;;
    20.10) network=10.214 version=20.10 bridge=dockgate20.10 ;;
    28) network=10.218 version=28 bridge=dockgate28 ;;
    28-containerd) network=10.219 version=28 bridge=dockgate28c store=containerd ;;
    test-26) network=10.215 version=26 bridge=dockgatet26 ;;
    test-20.10) network=10.216 version=20.10 bridge=dockgatet20.10 ;;
    test-28) network=10.220 version=28 bridge=dockgatet28 ;;
    test-28-containerd) network=10.221 version=28 bridge=dockgatet28c store=containerd ;;
    test-restart) network=10.217 version=26 bridge=dockgatetr ;;
    compat) network=10.228 version=28 bridge=dockgatecompat store=mirrored ;;
    *) note "error: no engine $1; there are $all_engines"; exit 64 ;;
  esac
  name=$1 run=/run/dockgate-engine/$1 data=$root/data/$1
  socket=$run/docker.sock programs=$root/$version
}

# lock NAME: one script at a time makes, starts or stops that thing. Whoever is started in the background closes descriptor 9.
lock() {
  mkdir -p /run/dockgate-engine
  exec 9>"/run/dockgate-engine/$1.lock"
  flock --nonblock 9 || { note "waiting for another run to release /run/dockgate-engine/$1.lock"; flock 9; }
}

# alive PIDFILE PROGRAM: whether that process still runs, and is that program, even where its file was deleted meanwhile
# (a pid file outlives a machine's restart).
alive() { [ -r "$1" ] && [[ $(readlink "/proc/$(cat "$1")/exe") == "$2"* ]]; }

# get ARGUMENTS...: curl without the person's settings and proxies.
get() { curl -q --silent --fail --noproxy '*' --max-time 2 "$@"; }

# answers SOCKET: whether an engine answers there.
answers() { [ "$(get --unix-socket "$1" http://engine/_ping)" = OK ]; }

# wait_until SECONDS COMMAND...: tries the command until it holds.
wait_until() {
  local tries=$(($1 * 20))
  shift
  until "$@"; do
    [ $((tries -= 1)) -gt 0 ] || return 1
    sleep 0.05
  done
}

# install_debian PACKAGES...: packages of Debian on this machine.
install_debian() {
  local log=$root/apt.log
  note "installing $*"
  mkdir -p "$root"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@"; } >"$log" 2>&1 || fail "could not install $*; see $log"
}

# install_packages WHAT FROM TO: npm's packages of FROM/package-lock.json, in TO; without their install scripts.
install_packages() {
  mkdir -p "$3"
  if cmp -s "$2/package-lock.json" "$3/installed-lock.json"; then return; fi
  note "installing $1 to $3"
  cp "$2"/package{,-lock}.json "$3/"
  (cd "$3" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp "$3/package-lock.json" "$3/installed-lock.json"
}

# docker ARGUMENTS...: the new engine's command line, with no settings but its own.
docker() { DOCKER_CONFIG=$root/client "$root/26/usr/bin/docker" "$@"; }
