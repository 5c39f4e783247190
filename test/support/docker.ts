/** The real docker CLI, as a worker would run it. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { setting } from './settings.ts'

export interface CommandOptions {
  /** What the command reads on standard input; nothing by default. */
  readonly input?: string | Uint8Array
  /** Milliseconds until it is killed, default 30,000. Its exit code is then 124, as timeout(1) has it. */
  readonly timeout?: number
  readonly env?: Readonly<Record<string, string>>
  /** Working directory, default the root directory. */
  readonly cwd?: string
}

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A socket's path, or whatever has one: a gate. */
type Target = string | { readonly socket: string }

/** Runs `docker` 26 (with compose and buildx) with these arguments against a gate or an engine's socket. */
export function docker(
  target: Target,
  args: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  return runDocker(setting('DOCKER'), target, args, options)
}

/** Runs `docker` 20.10, which has neither compose nor buildx. */
export function oldDocker(
  target: Target,
  args: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  return runDocker(setting('DOCKER_OLD'), target, args, options)
}

/** Runs `docker` 28 with compose 2.40 and buildx 0.29. */
export function newestDocker(
  target: Target,
  args: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  const program = setting('DOCKER_28')
  return runDocker(
    program,
    target,
    args,
    options,
    program.replace('/bin/docker', '/libexec/docker/cli-plugins'),
  )
}

async function runDocker(
  program: string,
  target: Target,
  args: readonly string[],
  options: CommandOptions = {},
  plugins = setting('PLUGINS'),
): Promise<CommandResult> {
  // A home of its own for each call: no login, context or builder is carried from one test to the next.
  const home = await mkdtemp(join(tmpdir(), 'dockgate-home-'))
  try {
    await writeFile(join(home, 'config.json'), JSON.stringify({ cliPluginsExtraDirs: [plugins] }))
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: home,
      DOCKER_CONFIG: home,
      DOCKER_CLI_HINTS: 'false',
      DOCKER_HOST: `unix://${typeof target === 'string' ? target : target.socket}`,
    }
    return await run(program, args, { ...options, env: { ...env, ...options.env } })
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** Runs a program to its end with nothing in its environment but `env`. */
async function run(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { input, timeout = 30_000, env = {}, cwd = '/' } = options
  const child = spawn(program, args, { env, cwd, stdio: 'pipe' })
  const ended = Promise.withResolvers<number | null>()
  child.on('error', ended.reject)
  child.on('close', (code) => ended.resolve(code))
  // A command may end before it has read its input.
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') ended.reject(error)
  })
  child.stdin.end(input)
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, timeout)
  try {
    const [code, stdout, stderr] = await Promise.all([
      ended.promise,
      buffer(child.stdout),
      text(child.stderr),
    ])
    return { code: late ? 124 : (code ?? 128), stdout: stdout.toString(), stderr }
  } finally {
    clearTimeout(timer)
  }
}
