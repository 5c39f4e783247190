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

# engine NAME: sets what belongs to that engine. Each has a network of its own: the bridge in the lower half, the pool in the upper.
engine() {
  case $1 in
    26) network=10.213 ;;
    20.10) network=10.214 ;;
    test-26) network=10.215 ;;
    test-20.10) network=10.216 ;;
    test-restart) network=10.217 ;;
    *) note "error: no engine $1; there are 26, 20.10, test-26, test-20.10, test-restart"; exit 64 ;;
  esac
  name=$1 version=${1#test-} bridge=dockgate$1 run=/run/dockgate-engine/$1 data=$root/data/$1
  bridge=${bridge/test-/t}
  # A name of 15 letters at most; it is a 26.
  [ "$1" != test-restart ] || version=26 bridge=dockgatetr
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

# docker ARGUMENTS...: the new engine's command line, with no settings but its own.
docker() { DOCKER_CONFIG=$root/client "$root/26/usr/bin/docker" "$@"; }
