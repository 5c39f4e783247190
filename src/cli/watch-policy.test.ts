import { appendFileSync, chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadPolicy } from '../policy-file/load.ts'
import type { Policy } from '../policy/policy.ts'
import { PolicyWatch } from './watch-policy.ts'

let folder = ''
let watching: PolicyWatch | undefined
let told = ''
let adopted: Policy[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dockgate-watch-'))
  told = ''
  adopted = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text)
    return true
  })
})
afterEach(async () => {
  await watching?.close()
  vi.restoreAllMocks()
  process.removeAllListeners('SIGHUP')
  rmSync(folder, { recursive: true })
})

const text = (connections: number): string =>
  `version: 1\nworkers:\n  a: { socket: /run/a, docker: { allow: [ps], connections: ${connections} } }\n`

/** Watches a file that is there, and was read as the gate reads it at its start. */
async function watch(file: string): Promise<void> {
  watching = new PolicyWatch(file)
  await loadPolicy(file)
  watching.begin(async ({ policy }) => {
    adopted.push(policy)
  })
}

const inForce = () => adopted.at(-1)?.workers[0]?.docker.connections
async function eventually(value: number): Promise<void> {
  await expect.poll(inForce).toBe(value)
}

describe('a change of the policy is seen', () => {
  test('where the file is written into, or another is put in its place', async () => {
    const file = join(folder, 'policy.yaml')
    writeFileSync(file, text(1))
    await watch(file)
    writeFileSync(file, text(2))
    await eventually(2)
    writeFileSync(`${file}.new`, text(3))
    renameSync(`${file}.new`, file)
    await eventually(3)
  })

  test('where a folder on the way is a link that is put in another’s place, as on NixOS', async () => {
    for (const [generation, connections] of [
      ['one', 1],
      ['two', 2],
    ] as const) {
      mkdirSync(join(folder, 'store', generation, 'dockgate'), { recursive: true })
      writeFileSync(join(folder, 'store', generation, 'dockgate/policy.yaml'), text(connections))
    }
    mkdirSync(join(folder, 'etc'))
    const current = join(folder, 'static')
    symlinkSync(join(folder, 'store/one'), current)
    symlinkSync(join(current, 'dockgate/policy.yaml'), join(folder, 'etc/policy.yaml'))
    await watch(join(folder, 'etc/policy.yaml'))
    symlinkSync(join(folder, 'store/two'), `${current}.new`)
    renameSync(`${current}.new`, current)
    await eventually(2)
  })

  test('where a file that was taken away comes back, and that it is away is told', async () => {
    const file = join(folder, 'policy.yaml')
    writeFileSync(file, text(1))
    await watch(file)
    renameSync(file, `${file}.old`)
    await expect.poll(() => told).toContain('are not seen (ENOENT')
    expect(adopted).toEqual([])
    writeFileSync(file, text(2))
    await eventually(2)
    expect(told).toContain('can be looked at again')
  })

  test('where it was half written before, which changes nothing', async () => {
    const file = join(folder, 'policy.yaml')
    writeFileSync(file, text(1))
    await watch(file)
    writeFileSync(file, text(2).slice(0, 60))
    await expect.poll(() => told).toContain('the old policy stays in force')
    expect(adopted).toEqual([])
    appendFileSync(file, text(2).slice(60))
    await eventually(2)
  })

  test('where only its rights change, and it can be read all the same', async () => {
    const file = join(folder, 'policy.yaml')
    writeFileSync(file, text(1))
    await watch(file)
    chmodSync(file, 0o600)
    await eventually(1)
  })
})

test('a storm of SIGHUPs loads the policy at most twice', async () => {
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, text(1))
  await watch(file)
  for (let count = 0; count < 200; count += 1) process.emit('SIGHUP')
  await watching?.close()
  expect(adopted.length).toBeGreaterThan(0)
  expect(adopted.length).toBeLessThan(3)
})
