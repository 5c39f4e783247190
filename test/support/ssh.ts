/** Debian's real sshd on loopback, with a worker's account behind `dockgate ssh`, and the real ssh client. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { docker, type CommandOptions } from './docker.ts'
import { startGate, type Gate } from './gate.ts'
import { policyFor, workerSocket, type DockerPart } from './policy.ts'
import { installProgram } from './installed.ts'
import { start, until, type Ended, type Running } from './process.ts'
import { setting } from './settings.ts'

/** The account that scripts/host/setup.sh makes. */
export const ACCOUNT = 'dockgate-test'
const HOME = '/var/lib/dockgate-test'

export interface Host extends AsyncDisposable {
  /** Where keys and configuration are; the account may enter it. */
  readonly directory: string
  readonly port: number
  /** Runs `ssh HOST LINE`, with further options of the client before it. */
  readonly ssh: (line: string, options?: SshOptions) => Promise<Ended>
  /** Starts it. */
  readonly startSsh: (words: readonly string[], options?: SshOptions) => Running
  /** Runs the docker CLI (with compose) on DOCKER_HOST=ssh://, as a person would elsewhere. */
  readonly docker: (
    args: readonly string[],
    options?: CommandOptions & { readonly path?: string },
  ) => ReturnType<typeof docker>
  /** Arguments of any OpenSSH client to this host. */
  readonly options: readonly string[]
}

export interface SshOptions {
  readonly options?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
}

export interface HostOptions {
  /** Another docker CLI, with the plugins of its package. */
  readonly docker?: string
  /** Whether sshd gives a terminal to whoever asks for one. */
  readonly terminal?: boolean
  /** A program that starts sshd, with its arguments. */
  readonly before?: readonly string[]
}

/** Starts an sshd whose only way in leads to `dockgate ssh` on that socket. @param command instead of it, to measure by */
export async function startHost(
  socket: string,
  command?: string,
  { docker: cli = setting('DOCKER'), terminal = false, before = [] }: HostOptions = {},
): Promise<Host> {
  const directory = mkdtempSync(join(HOME, 'host-'))
  execFileSync('chmod', ['755', directory])
  const program = installProgram(directory)
  mkdirSync(join(directory, 'config'))
  writeFileSync(
    join(directory, 'config', 'config.json'),
    JSON.stringify({ cliPluginsExtraDirs: [join(dirname(cli), '../libexec/docker/cli-plugins')] }),
  )
  for (const name of ['host', 'key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)])
  const port = await freePort()
  const forced = `${program} ssh --worker ai-worker --socket ${socket} --docker ${cli} --docker-config ${directory}/config`
  writeFileSync(join(directory, 'sshd_config'), sshdConfig(directory, port, command ?? forced, terminal))
  const [first, ...others] = [...before, '/usr/sbin/sshd', '-D', '-e', '-f', join(directory, 'sshd_config')]
  const server = spawn(first, others, {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  await until(() => said.includes('Server listening'), `sshd to listen: ${said}`)
  const options = ['-F', 'none', '-i', join(directory, 'key'), '-p', String(port), '-o', 'BatchMode=yes']
  options.push('-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR')
  const startSsh = (words: readonly string[], more: SshOptions = {}): Running => {
    const args = [...options, ...(more.options ?? []), `${ACCOUNT}@127.0.0.1`, ...words]
    return start('/usr/bin/ssh', args, { PATH: '/usr/bin:/bin', HOME: directory, ...more.env })
  }
  return {
    directory,
    port,
    options,
    startSsh,
    ssh: async (line, more) => {
      const running = startSsh([line], more)
      running.child.stdin.end(more?.input ?? '')
      return running.ended
    },
    docker: (args, { path = '', ...more } = {}) =>
      docker('', args, { ...more, env: clientEnvironment(directory, port, options, path) }),
    [Symbol.asyncDispose]: async () => {
      server.kill()
      await new Promise((resolve) => server.once('exit', resolve))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** The lines of docs/ssh.md, and beside them everything open that a careless host could have open. */
function sshdConfig(directory: string, port: number, command: string, terminal: boolean): string {
  mkdirSync(join(directory, 'keys'))
  execFileSync('cp', [join(directory, 'key.pub'), join(directory, 'keys', ACCOUNT)])
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${directory}/host
PidFile none
UsePAM no
MaxStartups 100
AcceptEnv *
PermitUserEnvironment yes
PermitTunnel yes
Subsystem sftp /usr/lib/openssh/sftp-server
Match User ${ACCOUNT}
  AuthorizedKeysFile ${directory}/keys/%u
  AuthenticationMethods publickey
  ForceCommand ${command}
  DisableForwarding yes
  PermitUserRC no
  PermitTTY ${terminal ? 'yes' : 'no'}
  ExposeAuthInfo yes
`
}

/** The CLI runs `ssh` from its search path: one that knows the key. */
function clientEnvironment(
  directory: string,
  port: number,
  options: readonly string[],
  path: string,
): Readonly<Record<string, string>> {
  const bin = join(directory, 'bin')
  if (!existsSync(bin)) {
    mkdirSync(bin)
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh ${options.join(' ')} "$@"\n`, {
      mode: 0o755,
    })
  }
  return { PATH: `${bin}:/usr/bin:/bin`, DOCKER_HOST: `ssh://${ACCOUNT}@127.0.0.1:${port}${path}` }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        address === null || typeof address === 'string'
          ? reject(new Error('no port'))
          : resolve(address.port),
      )
    })
  })
}

/** A gate whose worker comes in by that account. @param part of its policy's `docker` @param host diagnostics of its policy */
export async function startSshGate(
  part: DockerPart = {},
  host: object = {},
  before: readonly string[] = [],
): Promise<Gate> {
  const gate = await startGate({
    before,
    policy: (directory) => {
      // The account has to come as far as its socket.
      chmodSync(directory, 0o755)
      return policyFor(directory, part, { socket: { path: workerSocket(directory), owner: ACCOUNT }, host })
    },
  })
  return gate
}
