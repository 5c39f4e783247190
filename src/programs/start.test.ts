import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { ended, exitCode, killGroup, startPiped, startProgram, type Stream } from './start.ts'

/** What a shell script in a program's place prints. */
async function shell(script: string, more: Partial<Parameters<typeof startPiped>[0]> = {}): Promise<string> {
  const child = startPiped({ file: '/bin/sh', words: ['-c', script], ...more })
  const [told, said] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)])
  return told + said
}

describe('a program', () => {
  test('has a session and a process group of its own, and no terminal', async () => {
    const found = await shell(
      'read -r line </proc/self/stat; set -- $line; echo $1 $5 $6 $7; echo x 2>&1 >/dev/tty',
    )
    const [pid, group, session, terminal] = found.split('\n')[0]?.split(' ') ?? []
    expect([group, session, terminal]).toEqual([pid, pid, '0'])
    expect(found).toMatch(/\/dev\/tty/)
  })

  test('has the environment and the directory that it is given, else none and the root', async () => {
    expect(await shell('cat /proc/self/environ; cat </dev/stdin; pwd')).toMatch(/(?:^|\0)\/\n$/)
    expect(await shell('echo $A; pwd', { env: { A: 'b' }, directory: '/usr' })).toBe('b\n/usr\n')
  })

  test('is handed a file that was opened for it, and nothing else', async () => {
    const file = openSync('/etc/hostname', 'r')
    const listed = async (streams: readonly Stream[]): Promise<readonly string[]> => {
      const found = await shell('for each in /proc/self/fd/*; do readlink $each; done', { streams })
      // /dev/null is its input, and stands for what was left open in this process.
      return found.split('\n').filter((name) => name !== '' && name !== '/dev/null')
    }
    const outputs = [expect.stringMatching(/^socket:/), expect.stringMatching(/^socket:/)]
    expect(await listed(['none', 'pipe', 'pipe'])).toEqual(outputs)
    expect(await listed(['none', 'pipe', 'pipe', file])).toEqual([...outputs, '/etc/hostname'])
    closeSync(file)
  })

  test('gets no descriptor that whoever started this process had left open, whatever its number', () => {
    const file = openSync('/etc/hostname', 'r')
    const module = new URL('./start.ts', import.meta.url).href
    const script = `
      import { startProgram } from '${module}'
      startProgram({ file: '/bin/ls', words: ['-l', '/proc/self/fd'], streams: ['none', 1, 'pipe'] })`
    const stdio = Array.from({ length: 41 }, (_, number) => ([5, 17, 40].includes(number) ? file : 'pipe'))
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      env: {},
      stdio: stdio.map((stream, number) => (number < 3 || stream === file ? stream : 'ignore')),
    })
    closeSync(file)
    expect(stderr).toBe('')
    expect(stdout).toContain(' 40 -> ')
    expect(stdout).not.toContain('/etc/hostname')
  })

  test('that can not be started is told, and one that a signal ends has its number', async () => {
    await expect(ended(startProgram({ file: '/nonexistent/x', words: [] }))).rejects.toThrow('ENOENT')
    expect(await ended(startProgram({ file: '/bin/sh', words: ['-c', 'exit 7'] }))).toBe(7)
    expect(await ended(startProgram({ file: '/bin/sh', words: ['-c', 'kill -TERM $$'] }))).toBe(143)
    expect(exitCode(null, 'SIGSEGV')).toBe(139)
  })

  test('is ended with all that is left of its group', async () => {
    const child = startPiped({ file: '/bin/sh', words: ['-c', 'sleep 60 & sleep 60'] })
    killGroup(child)
    expect(await ended(child)).toBe(137)
    // It is gone by now, which is nothing to tell.
    killGroup(child)
  })
})
