/** What the worker's account can take out of the process that serves it over HTTP: descriptors, by pidfd_getfd(2). */
import { setTimeout as sleep } from 'node:timers/promises'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGate, type Gate } from '../support/gate.ts'
import { installProgram } from '../support/installed.ts'
import { freePort, NOBODY, policyWithHttp } from '../support/mcp.ts'
import { start, until, type Running } from '../support/process.ts'

let installed: string
let gate: Gate
let child: string
let policyFile: string

beforeAll(async () => {
  installed = await mkdtemp(join(tmpdir(), 'dockgate-installed-'))
  await chmod(installed, 0o755)
  const worker = { name: 'ai-worker', port: await freePort(), token: randomBytes(32).toString('base64') }
  gate = await startGate({
    program: installProgram(installed),
    // Whoever starts the gate may have left a file open in it.
    before: ['/bin/bash', '-c', `exec 21>${installed}/left-open; exec "$@"`, 'bash'],
    policy: (directory) => policyWithHttp(directory, [worker]),
  })
  await until(() => gate.output().stderr.includes('MCP of worker ai-worker at'), 'MCP to be served')
  child = serving()
  policyFile = join(gate.directory, 'policy.yaml')
})
afterAll(async () => {
  await gate[Symbol.asyncDispose]()
  await rm(installed, { recursive: true })
})

function serving(): string {
  return readdirSync('/proc').find((id) => isServing(id)) ?? ''
}

/** The process that serves, once there is one. */
async function served(): Promise<string> {
  let id = ''
  await until(() => (id = serving()) !== '', 'one to serve')
  return id
}

function isServing(id: string): boolean {
  if (!/^[0-9]+$/.test(id)) return false
  try {
    return (
      readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('@mcp-http') &&
      readFileSync(`/proc/${id}/status`, 'utf8').includes(`\nPPid:\t${gate.process.pid}\n`)
    )
  } catch (cause) {
    // It ended meanwhile.
    if (cause instanceof Error) return false
    throw cause
  }
}

/** What a process holds, but for what the kernel makes for it alone, and directories, which each opens for itself. */
function held(id: number | string): readonly string[] {
  return readdirSync(`/proc/${id}/fd`)
    .map((number) => targetOf(`/proc/${id}/fd/${number}`))
    .filter((what) => !/^anon_inode:|^\/dev\/null$/.test(what) && !isDirectory(what))
}

/** Nothing for one that is closed meanwhile. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '/dev/null'
    throw cause
  }
}

function isDirectory(what: string): boolean {
  return statSync(what, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Takes every descriptor out of a process, and writes a text into its sockets. (The rest are its own affair.) Prints how many it took. */
const TAKE = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
target = libc.syscall(434, int(sys.argv[1]), 0)
taken = 0
for number in range(64):
    found = libc.syscall(438, target, number, 0)
    if found < 0: continue
    taken += 1
    if not os.readlink(f'/proc/self/fd/{found}').startswith('socket:'): continue
    try: os.set_blocking(found, False); os.write(found, sys.argv[2].encode().decode('unicode_escape').encode('latin1'))
    except OSError: pass
print(taken)
`

function take(text: string): number {
  const as = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
  const words = [...as, '/usr/bin/python3', '-c', TAKE, child, text]
  return Number(execFileSync('/usr/bin/setpriv', words, { encoding: 'utf8' }))
}

test('none of them is one of the gate, and it has no terminal to take', async () => {
  const sockets = (): readonly string[] => held(child).filter((what) => what.startsWith('socket:'))
  // Three pipes to the gate, and the port that it listens at; those to the docker CLI that it tries when it starts are gone soon.
  await expect.poll(sockets).toHaveLength(4)
  const ours = new Set(held(gate.process.pid ?? 0))
  expect(held(child).filter((what) => ours.has(what) && what !== `${installed}/left-open`)).toEqual([])
  expect(held(child)).not.toContain(`${installed}/left-open`)
  const [, , , , group, session, terminal] = readFileSync(`/proc/${child}/stat`, 'latin1')
    .replace(/\(.*\)/, 'x')
    .split(' ')
  expect([group, session, terminal]).toEqual([child, child, '0'])
})

test("what is written into them comes into the gate's log as the worker's words, and little of it", async () => {
  const before = gate.output().stderr
  expect(take('\\x1b[2J\\ndockgate: engine lost\\r\\nforged\\n')).toBeGreaterThan(3)
  await until(() => gate.output().stderr.includes('forged'), 'the log')
  for (let count = 0; count < 20; count += 1) take('more\\n'.repeat(1_000))
  const after = gate.output().stderr
  expect(after.startsWith(before)).toBe(true)
  const lines = after.slice(before.length).trimEnd().split('\n')
  expect(lines.length).toBeLessThan(12)
  // The gate says itself when the process ends, and is started again.
  const said = lines.filter((line) => !/^dockgate: MCP of worker ai-worker (?:ended|at) /.test(line))
  for (const line of said) expect(line).toMatch(/^dockgate: MCP of worker ai-worker: [ -~]+$/)
  expect(said[0]).toBe('dockgate: MCP of worker ai-worker: \\x1b[2J')
})

/** Takes the process's three streams and ends it; prints that it has, and keeps them for as long as it is let. */
const HOLD = `
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
target = libc.syscall(434, int(sys.argv[1]), 0)
taken = [libc.syscall(438, target, number, 0) for number in range(3)]
os.kill(int(sys.argv[1]), 9)
print('held' if min(taken) >= 0 else 'not held', flush=True)
time.sleep(60)
`

/** Traces the process, and never asks what became of it. */
const TRACE = `
import ctypes, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
print('held' if libc.ptrace(0x4206, int(sys.argv[1]), 0, 0) == 0 else 'not held', flush=True)
time.sleep(60)
`

/** Runs a script on the process that serves. That may be on its way to its account, or just be gone: then it is tried again. */
async function asWorker(script: string): Promise<Running> {
  const as = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
  for (let tries = 1; ; tries += 1) {
    const running = start('/usr/bin/setpriv', [...as, '/usr/bin/python3', '-c', script, await served()], {})
    await running.printed('\n')
    if (running.stdout() === 'held\n') return running
    const { stdout, stderr } = { stdout: running.stdout(), stderr: running.stderr() }
    await running[Symbol.asyncDispose]()
    if (tries === 5) throw new Error(`it can't be held: ${stdout}${stderr}`)
    await sleep(500)
  }
}

test('its streams are closed in the gate when it has ended, though the worker holds their other ends', async () => {
  // What a first restart opens for good is open then.
  const first = await served()
  process.kill(Number(first), 'SIGKILL')
  await until(() => serving() !== first && serving() !== '', 'another to be started')
  await sleep(2_000)
  const before = held(gate.process.pid ?? 0).length
  const old = serving()
  await using holder = await asWorker(HOLD)
  await until(() => serving() !== old && serving() !== '', 'another to be started')
  await expect.poll(() => held(gate.process.pid ?? 0).length).toBeLessThanOrEqual(before)
  expect(holder.child.exitCode).toBe(null)
})

test('one that the worker traces, and never lets be seen to end, keeps no policy from coming into force', async () => {
  await until(() => gate.output().stderr.split('MCP of worker ai-worker at').length > 2, 'MCP to be served')
  await using tracer = await asWorker(TRACE)
  const before = readFileSync(policyFile, 'utf8')
  writeFileSync(policyFile, before.replace(/^ {4}mcp:\n(?: {6}.*\n)+/m, ''))
  expect(readFileSync(policyFile, 'utf8')).not.toBe(before)
  const inForce = (): number => gate.output().stderr.split('the new policy is in force').length - 1
  await until(() => inForce() === 1, 'the policy without MCP to be in force')
  writeFileSync(policyFile, before)
  await until(() => inForce() === 2, 'the next one to be in force')
  expect(tracer.child.exitCode).toBe(null)
}, 30_000)
