/**
 * The diagnostics that come with Dockgate: they change nothing, and where their programs are is known. An operator can
 * name others with a path of their own.
 */
import { wordsIn } from '../../shared/words.ts'

/** Command lines; a `<name>` stands for a value that the policy describes. */
export const SHIPPED: readonly string[] = [
  'iptables -L -n -v',
  'iptables -S',
  'fail2ban-client status',
  'fail2ban-client status <jail>',
  'fail2ban-client get <jail> banned',
  'journalctl -t kernel -n <lines>',
  'journalctl -u <unit> -n <lines>',
  'sshd -T',
  'ss -tlnp',
]

/** Debian has these in /usr/bin or /usr/sbin, NixOS in the system's profile. */
const PLACES = ['/usr/sbin', '/usr/bin', '/run/current-system/sw/bin']

/** Where a shipped diagnostic's program may be. Fixed: a search path would be somebody's to change. */
export function shippedPaths(program: string): readonly string[] {
  return PLACES.map((place) => `${place}/${program}`)
}

/** Programs that run what they are told, or give rights away: none of them is a diagnostic. */
const NEVER = new Set(
  wordsIn(`
  docker dockerd docker-compose podman nerdctl ctr crictl runc containerd kubectl
  sh bash dash ash zsh ksh csh tcsh fish busybox toybox env xargs find nohup timeout nice setsid script expect watch
  sudo su doas pkexec run0 runuser setpriv capsh chroot nsenter unshare systemd-run machinectl ssh scp sftp rsync socat nc
  ncat telnet python python2 python3 perl ruby node bun deno lua luajit php awk gawk mawk nawk sed ed ex vi vim nvim nano
  emacs less more man gdb strace ltrace git tar make tee dd cp mv ln install chmod chown mount umount crontab at
  `),
)

/** True for a program that no policy gives, by the last part of its name or path, without a version. */
export function isNever(program: string): boolean {
  const name = program.slice(program.lastIndexOf('/') + 1)
  return NEVER.has(name) || NEVER.has(name.replace(/-?[0-9][0-9.]*$/, ''))
}
