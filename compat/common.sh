# What the suites share. Each is run with DOCKER_HOST at what is tried, and says "passed NAME" or "failed NAME" on descriptor 3.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$here/../scripts/engine/common.sh"
docker() { "$root/28/usr/bin/docker" "$@"; }

# debian PACKAGE...: installs those that are missing.
debian() {
  dpkg-query --show "$@" >/dev/null 2>&1 ||
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; }
}

# checkout NAME ADDRESS: goes into a checkout of a repository, made where there is none, and says which it is.
checkout() {
  [ -d "$COMPAT/$1" ] || git clone --depth 1 "$2" "$COMPAT/$1"
  cd "$COMPAT/$1"
  says_version "$1 $(git describe --tags --always)"
}

says_version() { echo "version $*" >&3; }

# says NAME COMMAND...: whether that went well.
says() {
  local name=$1
  shift
  if "$@"; then echo "passed $name" >&3; else echo "failed $name" >&3; fi
}

# stand_in tool|service IMAGE...: has the registry that the engine asks first hold images of these names, as library/alpine:3.10. A service
# runs until it is to end, whatever it is called with.
stand_in() {
  local kind=$1 image
  shift
  # They are there since the suite was run on the engine itself.
  [ "$DOCKER_HOST" = "$COMPAT_ENGINE" ] || return 0
  for image in "$@"; do
    docker build --quiet --target "$kind" --build-arg "IMAGE=$image" --tag "$registry/$image" "$here/stand-in"
    docker push --quiet "$registry/$image"
    docker rmi "$registry/$image"
  done
}
