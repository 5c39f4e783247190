import { spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  asChanges,
  decision,
  filledDirectory,
  forge,
  newDirectory,
  outcome,
  tampered,
} from '../../test/support/record.ts'
import { headLine } from '../record/head-lines.ts'
import { verifyRecord } from '../record/verify.ts'
import { openStore } from '../record/sqlite/open-store.ts'

const program = fileURLToPath(new URL('../../test/support/audit-command.ts', import.meta.url))
const create = decision({ id: 'abcdefgh0001' })
const refused = decision({
  id: 'abcdefgh0002',
  decision: 'refuse',
  operation: 'container.exec',
  rule: 'exec',
  target: 'x\u001b[31m\u202e',
  reason: 'not granted',
})
let directory = ''

beforeAll(async () => {
  directory = newDirectory()
  const store = openStore(directory)
  await store.write(asChanges(create, outcome(create.id), refused), 'synced')
  store.close()
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function audit(...words: readonly string[]): Ended {
  return auditWith('', ...words)
}

function auditWith(input: string, ...words: readonly string[]): Ended {
  const result = spawnSync(process.execPath, [program, 'audit', ...words], { encoding: 'utf8', input })
  return { code: result.status, stdout: result.stdout, stderr: result.stderr }
}

describe('dockgate audit', () => {
  test('tail prints a line for each entry, with nothing in it that a terminal would obey', () => {
    const { code, stdout } = audit('tail', '--state', directory)
    const lines = stdout.trimEnd().split('\n')
    expect([code, lines.length]).toEqual([0, 3])
    expect(lines[0]).toMatch(
      /^2026-01-31T12:00:00\.000Z {2}abcdefgh0001 {2}ai-worker +allow +container\.create +web +run$/,
    )
    expect(lines[1]).toMatch(/ done 201 .* of abcdefgh0001$/)
    expect(lines[2]).toContain('x\\x1b[31m\\u{202e}  exec  not granted')
  })

  test('tail filters, and prints JSON in plain ASCII that reads back whole', () => {
    const { stdout } = audit(
      'tail',
      '--state',
      directory,
      '--json',
      '--decision',
      'refuse',
      '--operation',
      'container.*',
    )
    expect(stdout).toMatch(/^[\x20-\x7e]+\n$/)
    expect(JSON.parse(stdout)).toEqual({ seq: 3, ...refused })
    expect(audit('tail', '--state', directory, '--until', '2026-01-01').stdout).toBe('')
    expect(audit('tail', '--state', directory, '-n', '1').stdout).toContain('abcdefgh0002')
  })

  test('tail -f goes on with entries that are written later', async () => {
    const followed = await filledDirectory(2)
    const words = [program, 'audit', 'tail', '-f', '--json', '--state', followed, '--worker', 'late']
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const store = openStore(followed)
    const entries = [decision({ worker: 'late' }), decision(), decision({ worker: 'late' })]
    for (const entry of entries) await store.write(asChanges(entry), 'synced')
    expect(JSON.parse(String((await lines.next()).value))).toEqual({ seq: 3, ...entries[0] })
    expect(JSON.parse(String((await lines.next()).value))).toEqual({ seq: 5, ...entries[2] })
    child.kill()
    store.close()
  })

  test('show prints a decision and its outcome, and says where an id is unknown', () => {
    const { code, stdout } = audit('show', 'abcdefgh0001', '--state', directory)
    expect(code).toBe(0)
    expect(stdout).toMatch(/seq: +1\n[^]*decision: +allow\n[^]*seq: +2\n[^]*status: +201\n/)
    expect(audit('show', 'nothing', '--state', directory)).toEqual({
      code: 1,
      stdout: '',
      stderr: `dockgate: no entry nothing in ${directory}\n`,
    })
  })

  test('verify prints the head to keep, and takes it back', () => {
    const { code, stdout } = audit('verify', '--state', directory)
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^verified 3 entries: none changed, removed, moved or cut\nsigned head: 3:[0-9a-f]{64} of /,
    )
    const [, head] = /end: (\S+)/.exec(stdout) ?? []
    expect(audit('verify', '--state', directory, '--head', head ?? '').code).toBe(0)
    expect(audit('verify', '--state', directory, '--head', `4${head?.slice(1)}`).code).toBe(1)
  })

  test('verify takes the heads of a log, from a file or standard input, and says where there is none', async () => {
    const { end } = verifyRecord(directory)
    const line = (entries: number, head: string): string =>
      `Nov 29 23:02:45 host dockgate[7]: dockgate: ${headLine({ entries, head, failing: undefined })}\n`
    const log = join(newDirectory(), 'log')
    writeFileSync(log, `something else\n${line(3, end.hash)}`)
    const from = (path: string, input: string): Ended =>
      auditWith(input, 'verify', '--state', directory, '--heads', path)
    expect(from(log, '')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^verified 3 entries/) })
    expect(from('-', line(5, end.hash) + line(4, end.hash) + line(2, end.hash))).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        'was replaced: line 3 of standard input has another hash for it\n' +
          'entries 4 to 5 are missing at the end: the record ends at entry 3, line 1 of standard input says 5\n',
      ),
    })
    expect(from('-', 'nothing\n')).toEqual({
      code: 66,
      stdout: '',
      stderr: expect.stringContaining('no line of standard input has the head of a record'),
    })
    expect(from('/nonexistent', '')).toMatchObject({
      code: 66,
      stderr: expect.stringContaining('/nonexistent'),
    })
  })

  test('accept says what it accepted, and where there is nothing to', async () => {
    const forged = await filledDirectory(2)
    forge(forged, decision({ id: 'forged000001' }))
    const wrong = 'entry 3 goes beyond what the gate signed'
    expect(audit('accept', '--state', forged, '--json')).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify({ accepted: [wrong] })}\n`,
    })
    expect(audit('accept', '--state', forged)).toMatchObject({
      code: 0,
      stdout: 'nothing to accept: the record is as the gate left it\n',
    })
    expect(audit('tail', '--state', forged, '-n', '1').stdout).toMatch(
      /allow +record\.accept +- +entry 3 goes beyond what the gate signed\n$/,
    )
    expect(audit('verify', '--state', forged).stdout).toContain(`\naccepted by entry 4: ${wrong}\n`)
    expect(audit('accept', '--state', '/nonexistent')).toMatchObject({ code: 66 })
    expect(existsSync('/nonexistent')).toBe(false)
  })

  test('verify names what is wrong and exits with 1, also as JSON', () => {
    const changed = tampered(directory, "UPDATE entries SET worker = 'x' WHERE seq = 3")
    const message = 'entry 3 (abcdefgh0002) was changed: the searchable columns do not say what the text says'
    const plain = audit('verify', '--state', changed)
    expect([plain.code, plain.stdout.split('\n')[0]]).toEqual([1, message])
    const { code, stdout } = audit('verify', '--json', '--state', changed)
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      sound: false,
      findings: [{ kind: 'columns', from: 3, message }],
    })
  })

  test('a missing record and a damaged one have their exit codes and a message on standard error', () => {
    const missing = audit('tail', '--state', '/nonexistent')
    expect(missing).toEqual({
      code: 66,
      stdout: '',
      stderr: "dockgate: no record in /nonexistent; name the gate's state directory with --state\n",
    })
    const damaged = newDirectory()
    writeFileSync(join(damaged, 'dockgate.db'), 'x'.repeat(5000))
    const { code, stderr } = audit('verify', '--state', damaged)
    expect(code).toBe(74)
    expect(stderr).toContain(
      `dockgate: the record in ${damaged} is damaged: dockgate.db: file is not a database`,
    )
  })
})
