import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { recordOf } from '../support/audit.ts'
import { docker } from '../support/docker.ts'
import { engineDocker } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { dockgate, until } from '../support/process.ts'

// A disk of its own for the record, so that it can really be full.
let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dockgate-disk-'))
  mkdirSync(join(directory, 'state'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', join(directory, 'state')])
})
afterEach(() => {
  execFileSync('umount', ['-l', join(directory, 'state')])
  rmSync(directory, { recursive: true, force: true })
})

/** Takes all that is left of the disk. */
function fill(): void {
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      writeFileSync(join(directory, 'state', 'ballast'), Buffer.alloc(size), { flag: 'a' })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
}

test('a full disk refuses changes with a clear message, lets the named reads go on, and all is well when there is room', async () => {
  await using gate = await startGate({ directory, policy: generousPolicy({ unrecorded: ['ps'] }) })
  const name = freshName('disk')
  expect(await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])).toMatchObject({
    code: 0,
  })
  fill()
  // What fits in pages that the database has already may still be written.
  const other = (): string => freshName('other')
  await until(
    async () =>
      (await docker(gate, ['create', '--name', other(), '-e', `LONG=${'x'.repeat(20_000)}`, 'busybox']))
        .code !== 0,
    'a create to be refused',
  )
  expect(gate.output().stderr).toMatch(/nothing is done that can't be recorded[^]*the disk is full/)
  const never = freshName('never')
  const refused = await docker(gate, ['create', '--name', never, 'busybox'])
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/recorded[^]*the disk is full/) })
  expect(await engineDocker('new', ['inspect', never])).toMatchObject({ code: 1 })
  expect(await docker(gate, ['ps', '--format', '{{.Names}}'])).toMatchObject({ code: 0, stdout: `${name}\n` })
  expect(await docker(gate, ['images'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the disk is full'),
  })
  const state = join(directory, 'state')
  const status = await dockgate('status', '--state', state)
  expect(status).toMatchObject({ code: 1, stdout: expect.stringContaining('the disk is full') })

  rmSync(join(state, 'ballast'))
  await expect.poll(() => docker(gate, ['stop', '-t', '0', name])).toMatchObject({ code: 0 })
  expect(await docker(gate, ['images'])).toMatchObject({ code: 0 })
  expect(gate.output().stderr).toContain('the record is written again')
  for (const id of (await docker(gate, ['ps', '-aq'])).stdout.split('\n'))
    if (id !== '') await docker(gate, ['rm', '-f', id])
  expect(await gate.stop()).toMatchObject({ code: 0 })
  expect(await dockgate('audit', 'verify', '--state', state)).toMatchObject({ code: 0 })
  const lines = await recordOf(gate)
  expect(
    lines.filter(({ operation, phase }) => operation === 'container.stop' && phase === 'outcome').length,
  ).toBeGreaterThan(0)
})

test('a refusal that was answered is on record, on a full disk and after a kill; the others are answered with 503', async () => {
  await using gate = await startGate({ directory, policy: generousPolicy() })
  const answered: string[] = []
  const statuses = new Set<number>()
  /** Tells the record enough that pages which the database has already are used up soon. */
  const ask = async (): Promise<number> => {
    const body = { Image: 'busybox', Cmd: ['x'.repeat(3_000)], HostConfig: { Privileged: true } }
    const { status, body: told } = await request(gate.socket, {
      method: 'POST',
      path: '/containers/create',
      body,
    })
    statuses.add(status)
    if (status !== 503) answered.push(z.object({ record: z.string() }).parse(JSON.parse(told)).record)
    return status
  }
  await ask()
  fill()
  await until(async () => (await ask()) === 503, 'a refusal that can not be recorded')
  await Promise.all(Array.from({ length: 50 }, ask))
  await gate.kill9()
  rmSync(join(directory, 'state', 'ballast'))
  const ids = new Set((await recordOf(gate)).map(({ id }) => id))
  expect(answered.length).toBeGreaterThan(0)
  expect(answered.filter((id) => !ids.has(id))).toEqual([])
  expect(statuses).toEqual(new Set([403, 503]))
  expect(await dockgate('audit', 'verify', '--state', join(directory, 'state'))).toMatchObject({ code: 0 })
})
