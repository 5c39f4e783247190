/** Real sandboxes of bubblewrap's, as another account than root's: what runs in them tries what it must not. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installProgram } from '../support/installed.ts'
import { start, until, type Ended } from '../support/process.ts'

/** Debian's nobody. */
const ACCOUNT = 65_534

/** Where this account comes as far as Dockgate's files, and has some of its own. */
let directory: string
let program: string
let own: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dockgate-sandbox-'))
  chmodSync(directory, 0o755)
  program = join(installProgram(directory), '../..')
  const input = fileURLToPath(new URL('../../src/programs/sandbox.ts', import.meta.url))
  const build = await rolldown({ input, platform: 'node' })
  await build.write({ file: join(program, 'sandbox.js'), format: 'esm', codeSplitting: false })
  await build.close()
  own = join(directory, 'own')
  mkdirSync(own)
  chownSync(own, ACCOUNT, ACCOUNT)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Bounds {
  readonly writable?: readonly string[]
  readonly visible?: readonly string[]
  readonly hidden?: readonly string[]
}

/** A process of that account that starts a sandbox, as the doors do. */
function begin(words: readonly string[], bounds: Bounds = {}, account = ACCOUNT): ReturnType<typeof start> {
  const [file, ...rest] = words
  const script = `
    import { startInSandbox } from '${program}/sandbox.js'
    const starting = startInSandbox(
      { file: ${JSON.stringify(file)}, words: ${JSON.stringify(rest)}, env: { PATH: '/usr/bin:/bin' }, streams: [0, 1, 2] },
      ${JSON.stringify({ writable: [], visible: [], hidden: [], ...bounds })},
    )
    // The program can be heard of before this process hears that it was started.
    process.on('SIGUSR1', () => void starting.then((started) => started.signal('SIGUSR1')))
    process.on('SIGUSR2', () => void starting.then((started) => started.kill()))
    process.exit(await (await starting).ended)`
  const node = join(program, 'node_modules/.bin/node')
  const as = ['--reuid', String(account), '--regid', String(account), '--clear-groups', '--']
  return start('/usr/bin/setpriv', [...as, node, '--input-type=module', '--eval', script])
}

async function run(words: readonly string[], bounds: Bounds = {}): Promise<Ended> {
  const running = begin(words, bounds)
  running.child.stdin.end()
  return running.ended
}

const shell = (script: string, bounds: Bounds = {}): Promise<Ended> => run(['/bin/sh', '-c', script], bounds)
const python = (script: string, bounds: Bounds = {}): Promise<Ended> =>
  run(['/usr/bin/python3', '-c', script], bounds)

describe('in a sandbox a program', () => {
  test('gives its outputs and its exit code', async () => {
    expect(await shell('echo out; echo wrong >&2; exit 7')).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'wrong\n',
    })
    expect(await shell('kill -TERM $$')).toMatchObject({ code: 143 })
  })

  test('starts no other program, by whatever call', async () => {
    writeFileSync(join(own, 'canary.sh'), `#!/bin/sh\necho started\n`, { mode: 0o755 })
    expect(await shell(`${own}/canary.sh; echo after`, { writable: [own] })).toMatchObject({
      code: 2,
      stdout: '',
    })
    const { stdout } = await python(
      `
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def tried(name, run):
    try: print(name, run())
    except OSError as error: print(name, error.errno)
tried('run', lambda: subprocess.run(['${own}/canary.sh']))
tried('spawn', lambda: os.posix_spawn('${own}/canary.sh', ['x'], {}))
def call(*words):
    found = libc.syscall(*words)
    if found == 0: os._exit(99)
    return found if found > 0 else ctypes.get_errno()
for name, words in dict(fork=(57,), vfork=(58,), clone=(56, 17, 0, 0, 0, 0), clone3=(435, 0, 0), execveat=(322, -1, 0, 0, 0, 0)).items():
    print(name, call(*words))
`,
      { visible: [own] },
    )
    expect(stdout).toBe('run 1\nspawn 1\nfork 1\nvfork 1\nclone 1\nclone3 38\nexecveat 1\n')
  })

  test('has threads', async () => {
    const script =
      'import threading\nt = threading.Thread(target=lambda: print("thread"))\nt.start(); t.join()'
    expect(await python(script)).toMatchObject({ code: 0, stdout: 'thread\n' })
  })

  test('is the account, without any right, and can get none', async () => {
    const { stdout } = await shell('while read -r line; do echo "$line"; done </proc/self/status')
    expect(stdout).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m)
    for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(stdout).toMatch(new RegExp(`^${name}:\\t0{16}$`, 'm'))
    expect(stdout).toMatch(/^NoNewPrivs:\t1$/m)
    expect(stdout).toMatch(/^Seccomp:\t2$/m)
  })

  test('has no descriptor but the three that it is given', async () => {
    const { stdout } = await python("import os; print(sorted(os.listdir('/proc/self/fd'), key=int))")
    // The fourth is the list itself. /dev/null stands for what was left open in the process of the test.
    expect(stdout).toMatch(/^\['0', '1', '2', '3'(?:, '\d{2,}')*\]\n$/)
  })

  test('sees itself alone of all processes, and no terminal', async () => {
    expect((await python("import os; print([n for n in os.listdir('/proc') if n.isdigit()])")).stdout).toBe(
      "['1', '2']\n",
    )
    expect(await shell(': </dev/tty')).toMatchObject({ code: 2 })
  })

  test('writes nowhere but where it is told', async () => {
    for (const place of [own, '/tmp', '/var/tmp', '/run', '/dev', '/', '/etc'])
      expect(await shell(`: >${place}/written`, { visible: [own] })).toMatchObject({ code: 2 })
    expect(await shell(`: >${own}/written && : >/dev/shm/x`, { writable: [own] })).toMatchObject({ code: 0 })
    expect(existsSync(join(own, 'written'))).toBe(true)
    expect(existsSync('/dev/shm/x')).toBe(false)
  })

  test('writes in what is writable, also within what it may only see, and not the other way round', async () => {
    const inner = join(own, 'inner')
    await shell(`: >${inner}`, { writable: [own] })
    expect(
      await shell(`echo x >${inner}; : >${own}/a`, { writable: [inner], visible: [own, inner] }),
    ).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${own}/a: Read-only`),
    })
    expect(
      await shell(`: >${own}/a; echo y >${inner}`, { writable: [own], visible: [inner, own] }),
    ).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${inner}: Read-only`),
    })
    expect(readFileSync(inner, 'utf8')).toBe('x\n')
  })

  test('sees nothing in /tmp and /run but what it is shown, nor in what is hidden', async () => {
    const seen = "import os; print(os.listdir('/tmp'), os.listdir('/run'), os.listdir('/usr/lib'))"
    expect((await python(seen)).stdout).toMatch(/^\[\] \[\] \[.+\]\n$/)
    const shown = await run(['/bin/ls', '/usr/games', '/tmp'], { visible: [own], hidden: ['/usr/games'] })
    expect(shown.stdout).toBe(`/tmp:\n${directory.split('/')[2]}\n\n/usr/games:\n`)
  })

  describe('opens no socket', () => {
    const servers: Server[] = []
    let asked = 0
    const listen = async (
      where: string | { readonly port: number; readonly host: string },
    ): Promise<Server> => {
      const server = createServer((connection) => {
        asked += 1
        connection.destroy()
      })
      servers.push(server)
      await new Promise<void>((resolve) => {
        server.listen(where, resolve)
      })
      return server
    }
    afterAll(() => {
      for (const server of servers) server.close()
    })
    const connect = (family: string, address: string): string =>
      `import socket\ns = socket.socket(socket.${family})\ns.connect(${address})\nprint('connected')`

    test('of the host, by its abstract name', async () => {
      await listen('\0dockgate-sandbox-test')
      expect((await python(connect('AF_UNIX', "'\\\\0dockgate-sandbox-test'"))).stdout).toBe('')
    })

    test('in /run or /tmp, but for one that it is shown', async () => {
      for (const place of [`/run/dockgate-sandbox-${process.pid}.sock`, join(own, 'a.sock')]) {
        await listen(place)
        chmodSync(place, 0o777)
        expect((await python(connect('AF_UNIX', `'${place}'`))).stdout).toBe('')
        const shown = await python(connect('AF_UNIX', `'${place}'`), { visible: [place] })
        expect(shown.stdout).toBe('connected\n')
      }
    })

    test('of a network', async () => {
      const address = (await listen({ port: 0, host: '127.0.0.1' })).address()
      const port = typeof address === 'object' ? address?.port : 0
      const found = await python(connect('AF_INET', `('127.0.0.1', ${port})`))
      expect(found).toMatchObject({ stdout: '', stderr: expect.stringContaining('Network is unreachable') })
      for (const family of ['AF_NETLINK', 'AF_VSOCK', 'AF_INET6', 'AF_ALG'])
        expect((await python(`import socket; socket.socket(socket.${family})`)).stderr).toContain(
          'unreachable',
        )
      expect(asked).toBe(2)
    })
  })

  test('is signalled itself, and ends with whoever started it, at any moment', async () => {
    const script = 'trap "echo heard; exit 3" USR1; echo begun; while :; do read -r line; done'
    const heard = begin(['/bin/sh', '-c', script])
    await heard.printed('begun')
    heard.child.kill('SIGUSR1')
    expect(await heard.ended).toMatchObject({ code: 3, stdout: 'begun\nheard\n' })

    const mark = `dockgate-sandbox-${process.pid}`
    const lives = (): boolean =>
      execFileSync('/bin/ps', ['-eo', 'args'], { encoding: 'utf8' })
        .split('\n')
        .some((line) => line.includes(mark) && !line.includes('eval'))
    for (const signal of ['SIGUSR2', 'SIGKILL'] as const) {
      const running = begin(['/bin/sh', '-c', `echo begun; read -r ${mark.replaceAll('-', '_')} # ${mark}`])
      await running.printed('begun')
      expect(lives()).toBe(true)
      running.child.kill(signal)
      await running.ended
      await until(() => !lives(), 'the program to end')
    }
  })
})

test("begins, also as root, while mounts come and go with their directories, as an engine's do", async () => {
  const places = ['1', '2', '3', '4', '5', '6'].map((name) => join(directory, 'mounts', name))
  mkdirSync(join(directory, 'mounts'))
  const script = 'while :; do mkdir "$0"; mount -t tmpfs none "$0"; umount "$0"; rmdir "$0"; done'
  const mounting = places.map((place) => start('/bin/sh', ['-c', script, place], { PATH: '/usr/bin:/bin' }))
  try {
    for (const account of [0, ACCOUNT])
      for (let left = 60; left > 0; left -= 1) {
        const running = begin(['/bin/true'], {}, account)
        running.child.stdin.end()
        // What bubblewrap said of a try that failed went to standard error, which is the program's.
        expect(await running.ended).toMatchObject({ code: 0 })
      }
  } finally {
    for (const { child } of mounting) child.kill('SIGKILL')
    await Promise.all(mounting.map(({ ended }) => ended))
    execFileSync('/bin/sh', ['-c', 'umount "$@" || true', 'sh', ...places], { stdio: 'ignore' })
  }
})
