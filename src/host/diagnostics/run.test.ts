import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { runDiagnostic } from './run.ts'

const never = new AbortController().signal
const shell = (script: string, signal = never) => runDiagnostic(['/bin/sh'], ['-c', script], signal)

/** Whether a process runs; one that has ended may wait to be collected. */
function lives(pid: number): boolean {
  const file = `/proc/${pid}/stat`
  return existsSync(file) && !/\) [ZX] /.test(readFileSync(file, 'utf8'))
}

describe('a diagnostic', () => {
  test('has ended when its program has, though another keeps its output open elsewhere', async () => {
    const began = performance.now()
    // It has left the group by the time that the shell ends.
    expect(await shell('setsid sleep 8 & sleep 0.3; echo hi')).toMatchObject({ exit: 0, stdout: 'hi\n' })
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('that its caller leaves is over, though another keeps its output open elsewhere', async () => {
    const began = performance.now()
    await shell('setsid sleep 8 & sleep 8', AbortSignal.timeout(300))
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('ends what it leaves behind', async () => {
    const { stdout } = await shell('sleep 30 >/dev/null 2>&1 & echo $!')
    await pause(100)
    expect(Number(stdout)).toBeGreaterThan(1)
    expect(lives(Number(stdout))).toBe(false)
  })

  test('that a signal ends has 128 and its number for an exit code', async () => {
    expect(await shell('kill -TERM $$')).toMatchObject({ exit: 143 })
    expect(await shell('kill -SEGV $$')).toMatchObject({ exit: 139 })
    expect(await shell('kill -KILL $$')).toMatchObject({ exit: 137 })
  })
})
