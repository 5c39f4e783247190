/**
 * What an agent is tried on: a gate before an engine, with its socket, sshd and MCP over HTTP where the guides have them, and an account
 * that is not root. What the guides leave to their reader (the name of a host, of an account there, a token) is put in here.
 */
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { startGate, type Gate } from '../support/gate.ts'
import { installProgram } from '../support/installed.ts'
import { policyFor, workerSocket } from '../support/policy.ts'
import { setting } from '../support/settings.ts'
import { ACCOUNT, startHost, type Host } from '../support/ssh.ts'

/** Where the guides have the worker's socket, below it. */
const DIRECTORY = '/run/dockgate'
/** The account that scripts/test-agents.sh makes, and its home. */
const AGENT = 'dockgate-agent'
export const HOME = '/var/lib/dockgate-agent'
/** A folder that the worker may mount, and the agent works in. */
const WORK = '/var/lib/dockgate-test/agents-work'
const TOKEN = 'a-token-of-thirty-two-characters-or-more'

/** Where the agents are installed. */
export const AGENTS = agentsSetting()

function agentsSetting(): string {
  const directory = process.env['DOCKGATE_TEST_AGENTS']
  if (directory) return directory
  throw new Error("DOCKGATE_TEST_AGENTS is not set; run this by 'npm run test:agents'")
}

export interface Stage extends AsyncDisposable {
  readonly gate: Gate
  readonly host: Host
  /** A folder that the worker may mount, and the agent works in. */
  readonly work: string
  /** Lines of a guide, with what the reader has to put in. */
  readonly here: (lines: string) => string
  /** Makes the agent's home anew, with ~/.ssh as in that guide's block. */
  readonly newHome: (sshConfig?: string) => void
  /** Writes a file of the agent's; a path without a slash in front is below its home. */
  readonly write: (path: string, text: string) => void
  /** Runs a shell line as the agent's account, in the folder of its work. */
  readonly run: (line: string, env?: Readonly<Record<string, string>>, seconds?: number) => Promise<Run>
}

export interface Run {
  readonly code: number | null
  readonly output: string
}

/** Sets all of it up. */
export async function startStage(): Promise<Stage> {
  if (existsSync(DIRECTORY)) throw new Error(`${DIRECTORY} is there already, of a gate on this machine`)
  mkdirSync(DIRECTORY, { mode: 0o755 })
  const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, AGENT]).toString()))
  if (uid === undefined || gid === undefined) throw new Error('an account has two numbers')
  execFileSync('install', ['-d', '-m', '700', '-o', AGENT, '-g', AGENT, HOME])
  execFileSync('install', ['-d', '-o', AGENT, '-g', AGENT, WORK])
  const gate = await startGate({
    directory: DIRECTORY,
    policy,
    arguments: () => ['--docker', setting('DOCKER')],
  })
  const host = await startHost(gate.socket)
  const bin = join(host.directory, 'agent-bin')
  installCommands(bin, installProgram(host.directory))
  const own = (path: string): void => chownSync(path, uid, gid)
  const write = (path: string, text: string): void => {
    const file = path.startsWith('/') ? path : join(HOME, path)
    execFileSync('install', ['-d', '-o', AGENT, '-g', AGENT, dirname(file)])
    writeFileSync(file, text, { mode: 0o600 })
    own(file)
  }
  const here = (lines: string): string =>
    lines
      .replaceAll('HostName host.example', `HostName 127.0.0.1\n  Port ${host.port}`)
      .replaceAll('User ai-worker', `User ${ACCOUNT}`)
      .replaceAll('TOKEN', TOKEN)
  return {
    gate,
    host,
    work: WORK,
    here,
    write,
    newHome: (sshConfig) => {
      // Emptied, not made anew: the process that serves MCP over HTTP is at home there.
      for (const folder of [HOME, WORK])
        for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
      execFileSync('install', ['-d', '-m', '700', '-o', AGENT, '-g', AGENT, join(HOME, '.ssh')])
      const key = join(HOME, '.ssh/ai-worker')
      copyFileSync(join(host.directory, 'key'), key)
      own(key)
      const hostKey = readFileSync(join(host.directory, 'host.pub'), 'utf8')
      write('.ssh/known_hosts', `[127.0.0.1]:${host.port} ${hostKey}`)
      if (sshConfig !== undefined) write('.ssh/config', `${here(sshConfig)}\n`)
    },
    run: (line, env = {}, seconds = 100) =>
      runAs(
        { uid, gid },
        line,
        WORK,
        { PATH: `${bin}:/usr/bin:/bin`, DOCKGATE_TOKEN: TOKEN, ...env },
        seconds,
      ),
    [Symbol.asyncDispose]: async () => {
      await host[Symbol.asyncDispose]()
      await gate[Symbol.asyncDispose]()
      rmSync(WORK, { recursive: true, force: true })
      rmSync(DIRECTORY, { recursive: true, force: true })
    },
  }
}

/** The worker's socket is the agent's account's, and that by SSH comes in by its group. */
function policy(directory: string): string {
  const token = join(directory, 'token')
  writeFileSync(token, `${TOKEN}\n`, { mode: 0o600 })
  return policyFor(
    directory,
    {
      run: { binds: [{ path: WORK, mode: 'rw' }] },
      allow: [
        'ps',
        'inspect',
        'logs',
        'images',
        'version',
        'info',
        'run',
        'pull',
        'build',
        'stop',
        'rm',
        'wait',
      ],
    },
    {
      socket: { path: workerSocket(directory), owner: AGENT, group: ACCOUNT },
      mcp: { listen: '127.0.0.1:8377', token },
    },
  )
}

/** The commands that the guides name: those of the agents, docker, and dockgate with the docker CLI of the tests. */
function installCommands(bin: string, program: string): void {
  mkdirSync(bin)
  chmodSync(bin, 0o755)
  symlinkSync(setting('DOCKER'), join(bin, 'docker'))
  symlinkSync(process.execPath, join(bin, 'node'))
  const script = `#!/bin/sh
[ "$1" = mcp ] || exec ${program} "$@"
tee -a ${HOME}/mcp-said | exec ${program} "$@" --docker ${setting('DOCKER')}
`
  writeFileSync(join(bin, 'dockgate'), script, { mode: 0o755 })
  const machine = `${process.platform}-${process.arch}`
  for (const [name, path] of [
    ['claude', `@anthropic-ai/claude-code-${machine}/claude`],
    ['codex', '@openai/codex/bin/codex.js'],
    ['opencode', `opencode-${machine}/bin/opencode`],
    ['openclaw', 'openclaw/openclaw.mjs'],
  ] as const)
    symlinkSync(join(AGENTS, 'node_modules', path), join(bin, name))
}

/** Runs a line to its end, and ends all that is left of it. */
function runAs(
  account: { readonly uid: number; readonly gid: number },
  line: string,
  directory: string,
  env: Readonly<Record<string, string>>,
  seconds: number,
): Promise<Run> {
  const child = spawn('/bin/bash', ['-c', line], {
    ...account,
    cwd: directory,
    env: { HOME, USER: AGENT, LOGNAME: AGENT, SHELL: '/bin/bash', LANG: 'C.UTF-8', TERM: 'dumb', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const end = (): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause
    }
  }
  const timer = setTimeout(end, seconds * 1000)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => setTimeout(end, 500))
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}
