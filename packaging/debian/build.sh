#!/bin/bash
# Makes the Debian package out of the executable and what lies in packaging/. Two runs make the same, byte for byte.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "$0")")
project=$(dirname -- "$(dirname -- "$here")")
# shellcheck source=../../scripts/engine/common.sh
. "$project/scripts/engine/common.sh"
usage="usage: packaging/debian/build.sh [OPTION...] EXECUTABLE OUTPUT
  Makes dockgate_VERSION_ARCHITECTURE.deb in the folder OUTPUT, and prints its path.
  EXECUTABLE is what 'npm run executable' made.
  --architecture amd64|arm64   what the executable must be for (default: what it is for)
  --version VERSION            of the package (default: package.json's, and -1)
  --licenses FILE              the licences of what is in the executable (default: licenses.txt beside it)
  --units FOLDER               the units of systemd (default: packaging/systemd)
  SOURCE_DATE_EPOCH is the time of all files (default: of the last commit). DEBFULLNAME and DEBEMAIL name who makes the package.
  Needs Debian's dpkg-deb."
help "$usage" "$@"
misused() { note "error: $*"; echo "$usage" >&2; exit 64; }

architecture='' version='' licenses='' units=$project/packaging/systemd places=()
while [ $# -gt 0 ]; do
  case $1 in
    --architecture | --version | --licenses | --units)
      [ $# -gt 1 ] || misused "$1 needs a value"
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    -*) misused "no option $1" ;;
    *) places+=("$1") ;;
  esac
  shift
done
[ ${#places[@]} = 2 ] || misused "name the executable and the folder for the package"
executable=${places[0]} output=${places[1]}

# architecture_of FILE: Debian's name of the machine that an ELF file is for.
architecture_of() {
  case $(od -An -tx1 -N20 "$1" | tr -d ' \n') in
    7f454c46*3e00) echo amd64 ;;
    7f454c46*b700) echo arm64 ;;
    *) return 1 ;;
  esac
}

# check: all that is needed is there, and fits.
check() {
  local found
  command -v dpkg-deb >/dev/null || fail "dpkg-deb is missing; install Debian's package dpkg"
  [ -f "$executable" ] || fail "$executable is missing; run 'npm run executable' first"
  found=$(architecture_of "$executable") || fail "$executable is no executable for amd64 or arm64"
  [ "$found" = "${architecture:=$found}" ] || fail "$executable is for $found, not for $architecture"
  : "${licenses:=$(dirname -- "$executable")/licenses.txt}"
  [ -s "$licenses" ] || fail "$licenses is missing; a package must have the licences of what is in it"
  [ -f "$units/dockgate.service" ] || fail "$units has no dockgate.service"
  : "${SOURCE_DATE_EPOCH:=$(git -C "$project" log -1 --format=%ct)}"
  export SOURCE_DATE_EPOCH
  # In Debian's order 1.0.0~rc.1 is before 1.0.0.
  [ -n "$version" ] || version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$project/package.json" | tr - '~')-1
  maintainer="${DEBFULLNAME:-Dockgate maintainers} <${DEBEMAIL:-maintainers@dockgate.invalid}>"
}

# put MODE SOURCE PATH: a file into the package.
put() { install -D -m "$1" "$2" "$tree/$3"; }

# packed SOURCE PATH: the same compressed, without a name or a time in it.
packed() {
  install -d "$(dirname -- "$tree/$2")"
  gzip -9nc "$1" >"$tree/$2"
}

# put_all FOLDER GLOB...: files that may be there.
put_all() {
  local folder=$1 file
  shift
  for file; do [ ! -f "$file" ] || put 644 "$file" "$folder/${file##*/}"; done
}

fill() {
  local documents=usr/share/doc/dockgate page
  put 755 "$executable" usr/bin/dockgate
  for page in "$project"/packaging/man/*; do packed "$page" "usr/share/man/man${page##*.}/${page##*/}.gz"; done
  put 644 "$project/packaging/completions/dockgate.bash" usr/share/bash-completion/completions/dockgate
  put 644 "$project/packaging/completions/_dockgate" usr/share/zsh/vendor-completions/_dockgate
  put 644 "$project/packaging/completions/dockgate.fish" usr/share/fish/vendor_completions.d/dockgate.fish
  put_all usr/lib/systemd/system "$units"/*.service "$units"/*.socket "$units"/*.target
  put 644 "$here/needs-policy.conf" usr/lib/systemd/system/dockgate.service.d/needs-policy.conf
  put_all "$documents/examples" "$units"/examples/*
  put_all usr/lib/sysusers.d "$units"/sysusers.d/*.conf
  put_all usr/lib/tmpfiles.d "$units"/tmpfiles.d/*.conf
  put 644 "$project/schema/policy.schema.json" usr/share/dockgate/policy.schema.json
  sed 's#\.\./schema/#/usr/share/dockgate/#' "$project/policies/ai-worker.yaml" >"$work/policy"
  put 644 "$work/policy" etc/dockgate/policy.yaml.example
  put 644 "$here/sshd-worker.conf" "$documents/examples/sshd-worker.conf"
  put 644 "$here/copyright" "$documents/copyright"
  put 644 "$here/lintian-overrides" usr/share/lintian/overrides/dockgate
  packed "$licenses" "$documents/licenses.txt.gz"
  packed "$project/CHANGELOG.md" "$documents/changelog.gz"
  changelog >"$work/changelog"
  packed "$work/changelog" "$documents/changelog.Debian.gz"
  put_all "$documents" "$project"/{README,SECURITY}.md
  for page in $(cd "$project" && find docs -name '*.md' -o -name '*.svg'); do put 644 "$project/$page" "$documents/$page"; done
}

changelog() {
  printf 'dockgate (%s) unstable; urgency=medium\n\n' "$version"
  printf '  * What is new stands in /usr/share/doc/dockgate/changelog.gz.\n\n'
  printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -Ru -d "@$SOURCE_DATE_EPOCH")"
}

describe() {
  local size
  # As dpkg-gencontrol counts: whole KiB of files, and one for each folder.
  size=$(find "$tree" -path "$tree/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '1\n' |
    awk '{ size += int(($1 + 1023) / 1024) } END { print size }')
  mkdir "$tree/DEBIAN"
  sed -e "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@MAINTAINER@|$maintainer|; s|@SIZE@|$size|" "$here/control.in" >"$tree/DEBIAN/control"
  (cd "$tree" && find etc -type f -printf '/%p\n' | sort) >"$tree/DEBIAN/conffiles"
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
  for script in "$here"/scripts/*; do put 755 "$script" "DEBIAN/${script##*/}"; done
}

umask 022
export LC_ALL=C
check
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
install -d -m 755 "$tree"
fill
describe
find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$output"
package=$output/dockgate_${version}_$architecture.deb
# With more threads xz would cut the same file into other blocks.
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$tree" "$work/package.deb" >/dev/null
# Under its name it is there whole or not at all.
install -m 644 "$work/package.deb" "$output/.package.deb.new" && mv "$output/.package.deb.new" "$package"
echo "$package"
