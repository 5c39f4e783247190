#!/bin/bash
# Unpacks three Docker engines, Podman, a registry and busybox from Debian's packages. Nothing of it is installed: no package
# state, no service, no file outside DOCKGATE_ENGINE_ROOT. Only curl, iptables, iproute2 and (where the kernel has
# AppArmor) apparmor are installed where they are missing.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
help "usage: scripts/engine/setup.sh
  Unpacks Docker 26 (engine, CLI, compose, buildx, registry), Docker 28 (the same without a registry), Docker 20.10
  and Podman 5 to $root.
  DOCKGATE_ENGINE_ROOT names another directory. A second run does nothing." "$@"
machine
lock setup

newer=(docker.io docker-cli docker-compose docker-buildx docker-registry containerd runc tini)
newer_libraries=(libc6 libseccomp2)
newest=(docker.io docker-cli docker-compose docker-buildx containerd runc tini-static)
newest_libraries=(libc6 libseccomp2 libcap2)
older=(docker.io containerd runc tini)
older_libraries=(libdevmapper1.02.1 libudev1 libselinux1 libpcre2-8-0 libseccomp2)
tools=(busybox-static patchelf)
podman=(podman conmon crun netavark aardvark-dns nftables passt uidmap catatonit gpg)

# Programs that the scripts and the engines call, each with the package that has it.
install_missing() {
  local pair missing=()
  for pair in curl:curl iptables:iptables ip:iproute2; do
    command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  # With AppArmor in the kernel the engine can't start a container without its parser.
  if grep -qs Y /sys/module/apparmor/parameters/enabled; then
    command -v apparmor_parser >/dev/null || missing+=(apparmor)
  fi
  [ ${#missing[@]} -eq 0 ] || install_debian "${missing[@]}"
}

# The mirror that the system itself takes its own release from.
mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v codename="$codename" '$3 == "main" && ($2 == codename || $1 ~ /\/debian\/$/) && !found++ { print $1 }'
}

# apt_get RELEASE DIRECTORY WORDS PACKAGES...: apt, which checks the signatures, with lists of its own and blind to what is
# installed (else it wants the installed versions).
apt_get() {
  local release=$1 directory=$2 words=$3 options log=$root/apt.log lists=$root/unpacking.lists/$1
  shift 3
  mkdir -p "$directory/partial" "$lists/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$directory/sources.list"
  options=(-o "Dir::Etc::sourcelist=$directory/sources.list" -o Dir::Etc::sourceparts=- -o Acquire::Languages=none
    -o "Dir::State::Lists=$lists" -o "Dir::Cache::archives=$directory" -o APT::Sandbox::User=root -o Acquire::Retries=3 -o APT::Update::Error-Mode=any
    -o Dir::State::status=/dev/null -o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=/dev/null)
  note "downloading $* of Debian's $release"
  { apt-get "${options[@]}" update -qq && cd "$directory" && apt-get "${options[@]}" $words -qq "$@"; } >"$log" 2>&1 ||
    fail "could not download Debian's $release packages from $mirror; see $log"
}
download() { apt_get "$1" "$2" download "${@:3}"; }
download_with_needs() { apt_get "$1" "$2" 'install --download-only --yes --no-install-recommends' "${@:3}"; }

# unpack DOWNLOADS TARGET PACKAGES...
unpack() {
  local downloads=$1 target=$2 package
  shift 2
  mkdir -p "$target"
  for package in "$@"; do dpkg -x "$downloads/${package}_"*.deb "$target"; done
}

# give_libraries PROGRAMS PROGRAM...: lets the programs find the libraries that lie beside them, and a libc of their own
# where there is one (Debian 13's runc wants a newer one than Debian 12 has). A wrapper that sets the environment would
# not do: runc starts /proc/self/exe again, and the children of a daemon are the system's programs.
give_libraries() {
  local programs=$1 program path interpreter
  shift
  path=$(cd "$programs" && find libraries -name '*.so.*' -printf "$root/${programs##*/}/%h\n" | sort -u | paste -sd :)
  for program in "$@"; do
    patchelf --force-rpath --set-rpath "$path" "$programs/$program"
    interpreter=libraries/usr$(patchelf --print-interpreter "$programs/$program")
    [ ! -e "$programs/$interpreter" ] || patchelf --set-interpreter "$root/${programs##*/}/$interpreter" "$programs/$program"
  done
}
patchelf() { "$root/tools/usr/bin/patchelf" "$@"; }

make_newer() {
  local work
  work=$(mktemp -d "$root/unpacking.XXXX")
  download trixie "$work/downloads" "${newer[@]}" "${newer_libraries[@]}"
  unpack "$work/downloads" "$work/26" "${newer[@]}"
  unpack "$work/downloads" "$work/26/libraries" "${newer_libraries[@]}"
  give_libraries "$work/26" usr/sbin/runc
  echo "{\"cliPluginsExtraDirs\":[\"$plugins\"]}" >"$root/client/config.json"
  mv "$work/26" "$root/26"
  rm -rf "$work"
}

make_newest() {
  local work
  work=$(mktemp -d "$root/unpacking.XXXX")
  download sid "$work/downloads" "${newest[@]}" "${newest_libraries[@]}"
  unpack "$work/downloads" "$work/28" "${newest[@]}"
  unpack "$work/downloads" "$work/28/libraries" "${newest_libraries[@]}"
  give_libraries "$work/28" usr/sbin/runc
  mkdir -p "$root/client-28"
  echo "{\"cliPluginsExtraDirs\":[\"$root/28/usr/libexec/docker/cli-plugins\"]}" >"$root/client-28/config.json"
  mv "$work/28" "$root/28"
  rm -rf "$work"
}

make_older() {
  local work
  work=$(mktemp -d "$root/unpacking.XXXX")
  download bookworm "$work/downloads" "${older[@]}" "${older_libraries[@]}" "${tools[@]}"
  unpack "$work/downloads" "$work/20.10" "${older[@]}"
  unpack "$work/downloads" "$work/20.10/libraries" "${older_libraries[@]}"
  unpack "$work/downloads" "$work/tools" "${tools[@]}"
  rm -rf "$root/tools"
  mv "$work/tools" "$root/tools"
  give_libraries "$work/20.10" usr/sbin/runc usr/sbin/dockerd
  mv "$work/20.10" "$root/20.10"
  rm -rf "$work"
}

# All that it needs is there, as it is started with its own /usr in the place of the system's (podman.sh).
make_podman() {
  local work package
  work=$(mktemp -d "$root/unpacking.XXXX")
  download_with_needs sid "$work/downloads" "${podman[@]}"
  mkdir "$work/podman"
  for package in "$work/downloads"/*.deb; do dpkg -x "$package" "$work/podman"; done
  rm -rf "$work/podman/usr/share"/{doc,locale,man,bash-completion,zsh,fish}
  mv "$work/podman" "$root/podman"
  rm -rf "$work"
}

# A docker for people: it finds its plugins, and builds by the builder that the gate knows.
make_command() {
  mkdir -p "$root/bin"
  cat >"$root/bin/docker" <<END
#!/bin/sh
export DOCKER_CONFIG="\${DOCKER_CONFIG:-$root/client}" DOCKER_BUILDKIT="\${DOCKER_BUILDKIT:-0}"
exec $root/26/usr/bin/docker "\$@"
END
  chmod 755 "$root/bin/docker"
}

mkdir -p "$root/client"
install_missing
make_command
[ ! -d "$root/26" ] || [ ! -d "$root/28" ] || [ ! -d "$root/20.10" ] || [ ! -d "$root/podman" ] || exit 0
mirror=$(mirror)
[ -n "$mirror" ] || fail "apt's sources name no Debian mirror"
# What an interrupted run left; the lock says that no other one is at work.
rm -rf "$root"/unpacking.*
[ -d "$root/20.10" ] || make_older
[ -d "$root/26" ] || make_newer
[ -d "$root/28" ] || make_newest
[ -d "$root/podman" ] || make_podman
rm -rf "$root"/unpacking.*
