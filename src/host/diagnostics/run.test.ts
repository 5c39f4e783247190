import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { runDiagnostic } from './run.ts'

const never = new AbortController().signal
const shell = (script: string, signal = never) => runDiagnostic(['/bin/sh'], ['-c', script], signal)

const folder = mkdtempSync(join(tmpdir(), 'dockgate-run-'))
const file = join(folder, 'pid')
/** Another program with the same output, which has left the group when the shell goes on. */
const OTHER = `setsid sh -c 'echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 1000' & until [ -e ${file} ]; do sleep 0.01; done`
const other = (): number => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0)
afterEach(() => {
  if (other() > 1) process.kill(other(), 'SIGKILL')
  rmSync(file, { force: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Whether a process runs; one that has ended may wait to be collected. */
function lives(pid: number): boolean {
  const stat = `/proc/${pid}/stat`
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'))
}

describe('a diagnostic', () => {
  test('has ended when its program has, though another keeps its output open elsewhere', async () => {
    expect(await shell(`${OTHER}; echo hi`)).toMatchObject({ exit: 0, stdout: 'hi\n' })
    expect(lives(other())).toBe(true)
  })

  test('that its caller leaves is over, though another keeps its output open elsewhere', async () => {
    const left = new AbortController()
    const ended = shell(`${OTHER}; sleep 1000`, left.signal)
    await expect.poll(other).toBeGreaterThan(1)
    left.abort()
    await ended
    expect(lives(other())).toBe(true)
  })

  test('ends what it leaves behind', async () => {
    const { stdout } = await shell('sleep 1000 >/dev/null 2>&1 & echo $!')
    expect(Number(stdout)).toBeGreaterThan(1)
    await expect.poll(() => lives(Number(stdout))).toBe(false)
  })

  test('that a signal ends has 128 and its number for an exit code', async () => {
    expect(await shell('kill -TERM $$')).toMatchObject({ exit: 143 })
    expect(await shell('kill -SEGV $$')).toMatchObject({ exit: 139 })
    expect(await shell('kill -KILL $$')).toMatchObject({ exit: 137 })
  })
})
