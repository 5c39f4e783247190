import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
import { parsePolicy } from '../policy/parse.ts'
import type { Policy } from '../policy/policy.ts'
import { BindRoots } from './bind-roots.ts'
import { PinError } from './pins.ts'
import { lookAtHost } from './policy-on-host.ts'

/** A folder of that name never answers. */
const SILENT = 'silent'
vi.mock('../files/descriptor.ts', async (original) => {
  const real = await original<typeof import('../files/descriptor.ts')>()
  return {
    ...real,
    openIn: (...args: Parameters<typeof real.openIn>) =>
      args[1] === SILENT ? new Promise(() => undefined) : real.openIn(...args),
  }
})

const host = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'dockgate-bind-roots-')))
for (const name of ['silent', 'other']) fs.mkdirSync(join(host, name))
afterAll(() => fs.rmSync(host, { recursive: true }))
afterEach(() => vi.useRealTimers())

function policyWith(...names: readonly string[]): Policy {
  const binds = names.map((name) => ({ path: join(host, name), mode: 'rw' }))
  const worker = { socket: '/run/none/docker.sock', docker: { allow: ['run'], run: { binds } } }
  const parsed = parsePolicy(stringify({ version: 1, workers: { worker } }), 'policy.yaml')
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.policy
}

/** Lets the time pass that a folder may take. */
async function untilLate<Result>(work: () => Promise<Result>): Promise<Result> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const result = work()
  // Twice at the most: once for each look at a folder. In real time, all others answer.
  for (let look = 0; look < 2; look += 1) {
    await pause(500)
    vi.advanceTimersByTime(5_000)
  }
  return result
}

test('a folder that does not answer keeps no policy from being loaded, nor other folders from being mounted', async () => {
  const told: string[] = []
  const policy = policyWith('silent', 'other')
  const roots = await untilLate(() => BindRoots.open(policy, (message) => told.push(message)))
  expect(told).toEqual([`${host}/silent does not answer; nothing is mounted from it until it does`])
  expect(await roots.find(join(host, 'other'))).toEqual({ found: true, real: join(host, 'other') })
  await roots.close()
  const { findings, notes } = await untilLate(() => lookAtHost(policy, '/none'))
  expect(findings).toEqual([])
  expect(notes).toMatchObject([{ message: `${host}/silent can't be looked at` }])
})

test('what is below a root is found from what is held, and roots that were let go of are still there for who uses them', async () => {
  const roots = await BindRoots.open(policyWith('other'), () => undefined)
  fs.mkdirSync(join(host, 'other/inner'))
  roots.share()
  await roots.close()
  const found = await roots.openSource(join(host, 'other/inner'))
  expect(found?.found.status.kind).toBe('directory')
  await found?.found.close()
  await roots.close()
  await expect(roots.openSource(join(host, 'other/inner'))).rejects.toThrow('after it was closed')
})

test('folders are made below a root alone, of the owner of the one above, and through no link', async () => {
  const other = join(host, 'other')
  fs.chownSync(other, 1234, 4321)
  const roots = await BindRoots.open(policyWith('other'), () => undefined)
  await roots.makeBelow(other, ['made', 'deep'])
  for (const path of ['made', 'made/deep']) {
    const { uid, gid } = fs.statSync(join(other, path))
    expect([uid, gid]).toEqual([1234, 4321])
  }
  // What is there by then stays what it is.
  fs.chownSync(join(other, 'made'), 7, 7)
  await roots.makeBelow(join(other, 'made'), ['deep', 'more'])
  expect(fs.statSync(join(other, 'made')).uid).toBe(7)
  expect(fs.statSync(join(other, 'made/deep')).uid).toBe(1234)
  fs.symlinkSync(host, join(other, 'out'))
  fs.writeFileSync(join(other, 'file'), '')
  for (const [above, name] of [
    [other, 'out'],
    [other, 'file'],
    [join(other, 'out'), 'new'],
    [join(other, 'gone'), 'new'],
    [host, 'new'],
  ] as const)
    await expect(roots.makeBelow(above, [name, 'x'])).rejects.toThrow(PinError)
  expect(fs.readdirSync(host).toSorted()).toEqual(['other', 'silent'])
  await roots.close()
})
