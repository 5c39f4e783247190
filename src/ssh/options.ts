/** The command line of `dockgate ssh`, which the operator writes into sshd's configuration. */

export interface Options {
  readonly worker: string
  /** The worker's own socket. */
  readonly socket: string
  /** Path of the docker CLI, where it is not the usual one. */
  readonly docker: string | undefined
  /** The CLI's DOCKER_CONFIG, where it has one. */
  readonly config: string | undefined
  /** Whether only to tell if docker is run here. */
  readonly isCheck: boolean
}

const HELP = `usage: dockgate ssh --worker NAME [--socket PATH] [--docker PATH] [--docker-config DIRECTORY] [--check]

The forced command of a worker's SSH account: it takes the command of SSH_ORIGINAL_COMMAND to the gate, and does what that
answers. docs/ssh.md has the lines for sshd.

  --worker NAME              the worker, whose socket is /run/dockgate/NAME/docker.sock
  --socket PATH              that socket, where it is elsewhere
  --docker PATH              the docker CLI (default: /usr/bin, /usr/local/bin, /run/current-system/sw/bin)
  --docker-config DIRECTORY  the CLI's configuration, not the account's to write (default: none)
  --check                    tells whether docker is run on this host, for the account that asks; no gate is needed

Exit codes: 64 the command can't be read, 69 the gate or docker is not there, 77 refused; else the command's own.
`

const KEYS = new Map([
  ['--worker', 'worker'],
  ['--socket', 'socket'],
  ['--docker', 'docker'],
  ['--docker-config', 'config'],
])

const USAGE = 64

/** The options, or what to print and end with. */
export function readOptions(
  args: readonly string[],
): Options | { readonly exit: number; readonly text: string } {
  const given = new Map<string, string>()
  const isCheck = args.includes('--check')
  const rest = args.filter((word) => word !== '--check')
  for (let at = 0; at < rest.length; at += 2) {
    const name = rest[at] ?? ''
    if (name === '--help' || name === '-h') return { exit: 0, text: HELP }
    const key = KEYS.get(name)
    const value = rest[at + 1]
    if (key === undefined || value === undefined) {
      return {
        exit: USAGE,
        text: `dockgate: ssh takes no ${JSON.stringify(name)}; see dockgate ssh --help\n`,
      }
    }
    given.set(key, value)
  }
  const worker = given.get('worker') ?? ''
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(worker)) {
    return { exit: USAGE, text: 'dockgate: ssh needs --worker NAME; see dockgate ssh --help\n' }
  }
  return {
    worker,
    socket: given.get('socket') ?? usualSocket(worker),
    docker: given.get('docker'),
    config: given.get('config'),
    isCheck,
  }
}

/** Where a worker's socket is, unless its policy says otherwise. */
export function usualSocket(worker: string): string {
  return `/run/dockgate/${worker}/docker.sock`
}
