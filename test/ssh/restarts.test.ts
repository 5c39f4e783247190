/** Workers over SSH, while the engine and the gate are killed and started again, and policies come and go. */
import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { engineToRestart } from '../support/engine.ts'
import { freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { policyFor, workDirectory, workerSocket } from '../support/policy.ts'
import { until } from '../support/process.ts'
import { ACCOUNT, startHost, type Host } from '../support/ssh.ts'

const policy = (directory: string): string => {
  // The account has to come as far as its socket.
  chmodSync(directory, 0o755)
  return policyFor(directory, {}, { socket: { path: workerSocket(directory), owner: ACCOUNT } })
}

let first: Gate
let gate: Gate
let host: Host
beforeAll(async () => {
  first = gate = await startGate({ engine: 'restart', policy })
  host = await startHost(gate.socket)
})
afterAll(async () => {
  await host[Symbol.asyncDispose]()
  if (gate !== first) await gate[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
})

const restartEngine = engineToRestart()
// Other files restart it between these tests.
beforeEach(() => until(async () => (await host.ssh('docker version')).code === 0, 'the engine', 30_000))

/** Processes of the account that run one of these words. */
function running(...words: readonly string[]): readonly string[] {
  const list = execFileSync('ps', ['-eo', 'user:32,args'], { encoding: 'utf8' })
  return list
    .split('\n')
    .filter((line) => line.startsWith(ACCOUNT) && words.some((word) => line.includes(word)))
}

async function containers(): Promise<string> {
  return (await host.ssh('docker ps -a --format {{.Names}}')).stdout
}

test('what goes on when the engine is killed ends, and what it had is there again, with the folder that was decided on', async () => {
  const name = freshName('engine')
  const path = join(workDirectory(gate.directory), 'below')
  await mkdir(path)
  await writeFile(join(path, 'mine'), '')
  const mine = { code: 0, stdout: 'mine\n', stderr: '' }
  expect(await host.ssh(`docker run --name ${name} -v ${path}:/m busybox ls /m`)).toEqual(mine)
  await rename(path, `${path}-moved`)
  await symlink('/etc', path)
  const waiting = host.startSsh([`docker run --rm --name ${name}-2 busybox sleep 1000`])
  await until(async () => (await containers()).includes(`${name}-2`), 'the run')
  const [ended] = await Promise.all([waiting.ended, restartEngine()])
  expect(ended.code).not.toBe(0)
  await until(async () => (await host.ssh('docker version')).code === 0, 'the engine', 30_000)
  expect(await host.ssh(`docker start -a ${name}`)).toEqual(mine)
  await host.ssh(`docker rm -f ${name} ${name}-2`)
  expect(await containers()).toBe('')
}, 120_000)

test('what goes on when the gate is killed ends, and leaves no process; another gate serves on', async () => {
  const name = freshName('gate')
  const waiting = host.startSsh([`docker run -i --name ${name} busybox sh -c 'echo up; exec sleep 1000'`])
  await waiting.printed('up')
  await gate.kill9()
  expect((await waiting.ended).code).not.toBe(0)
  await until(() => running(name).length === 0, 'its processes to end')
  expect(await host.ssh('docker ps')).toMatchObject({ code: expect.any(Number), stdout: '' })
  gate = await startGate({ engine: 'restart', policy, directory: gate.directory })
  expect(await containers()).toBe(`${name}\n`)
  expect(await host.ssh(`docker rm -f ${name}`)).toMatchObject({ code: 0, stdout: `${name}\n` })
}, 120_000)

test('policies that come and go take nothing from what stays given, and at the end what is taken', async () => {
  const file = join(gate.directory, 'policy.yaml')
  const full = await readFile(file, 'utf8')
  const less = full.replace('        - images\n', '')
  expect(less).not.toBe(full)
  const put = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
    gate.process.kill('SIGHUP')
  }
  const over = new AbortController()
  const changing = (async () => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      await put(count % 2 === 0 ? less : full)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  const echo = async (number: number): Promise<string> =>
    (await host.ssh(`docker run --rm -i busybox cat`, { input: String(number) })).stdout
  const numbers = [1, 2, 3, 4, 5, 6]
  expect(await Promise.all(numbers.map(echo))).toEqual(numbers.map(String))
  over.abort()
  await changing
  await put(less)
  await until(async () => (await host.ssh('docker images')).code === 77, 'the newest policy', 50_000)
  expect(await containers()).toBe('')
}, 120_000)
