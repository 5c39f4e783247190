#!/bin/bash
# Installs the programs of the host that the tests drive where they are missing, and makes the account that comes in by SSH.
# Nothing is started: what a package would start is kept from it.
set -euo pipefail
. "$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")/engine/common.sh"
help "usage: scripts/host/setup.sh
  Installs openssh-server, openssh-client, bubblewrap, fail2ban, iptables, iproute2, nix, shellcheck, zsh, fish, groff and journald's programs where
  they are missing, and makes the account dockgate-test, which has no password and no home of its own." "$@"
machine
lock setup

account=dockgate-test home=/var/lib/dockgate-test
missing=()
for pair in sshd:openssh-server ssh:openssh-client bwrap:bubblewrap fail2ban-server:fail2ban iptables:iptables ss:iproute2 journalctl:systemd \
  systemd-journal-remote:systemd-journal-remote nix-instantiate:nix-bin \
  shellcheck:shellcheck zsh:zsh fish:fish groff:groff-base; do
  program=${pair%:*}
  [ -e "/usr/lib/systemd/$program" ] || [ -e "/lib/systemd/$program" ] || command -v "$program" >/dev/null || missing+=("${pair#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  # Exit code 101 of this program means: start no service (invoke-rc.d).
  [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && made=yes; }
  install_debian "${missing[@]}"
  [ "${made:-no}" = no ] || rm /usr/sbin/policy-rc.d
fi

install -d -m 755 "$home" /run/sshd
# /bin/sh reads no file of the account's before a forced command; * locks nothing but the password.
id "$account" >/dev/null 2>&1 || useradd --system --no-create-home --home-dir "$home/home" --shell /bin/sh "$account"
install -d -m 755 -o root -g root "$home/home"
usermod -p '*' "$account"
