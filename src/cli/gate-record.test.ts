import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openGate } from '../../test/support/local-gate.ts'
import { asChanges, decision, filledDirectory, newDirectory } from '../../test/support/record.ts'
import { createOperatorDoor } from '../doors/operator/door.ts'
import { Engine } from '../engine/engine.ts'
import { controlSocket } from '../record/state-directory.ts'

const program = fileURLToPath(new URL('../../test/support/audit-command.ts', import.meta.url))
const local = await openGate()
const { gate, store, record } = local
const engine = new Engine('unix:///nonexistent/docker.sock')
/** A gate listens here, and tells of another record than the one that is here: so it shows which is read. */
const directory = await filledDirectory(5)
const setting = { directory, url: '', policy: '', written: () => '', store }
const door = createOperatorDoor({ gate, engine, record, setting })
const entries = Array.from({ length: 3 }, (_, index) => decision({ target: `told-${index}` }))

beforeAll(async () => {
  await door.listen()
  await store.write(asChanges(...entries), 'synced')
})

afterAll(() => {
  engine.close()
  local[Symbol.dispose]()
})

function audit(...words: readonly string[]) {
  return auditOf(directory, ...words)
}

function auditOf(state: string, ...words: readonly string[]) {
  return spawn(process.execPath, [program, 'audit', ...words, '--state', state])
}

async function said(...words: readonly string[]): Promise<string> {
  return text(audit(...words).stdout)
}

describe('while a gate runs, it is asked', () => {
  test('for the newest entries, and for those that a filter takes', async () => {
    expect(
      (await said('tail', '-n', '2', '--json'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { seq: 2, ...entries[1] },
      { seq: 3, ...entries[2] },
    ])
    expect(await said('tail', '--since', '2026-01-01', '--worker', 'ai-worker')).toMatch(/told-0[^]*told-2/)
    expect(await said('tail', '--decision', 'refuse')).toBe('')
  })

  test('for all about one decision', async () => {
    expect(JSON.parse(await said('show', '--json', entries[0]?.id ?? ''))).toEqual({ seq: 1, ...entries[0] })
    const unknown = audit('show', 'x/../y')
    const stderr = text(unknown.stderr)
    expect(await once(unknown, 'close')).toEqual([1, null])
    expect(await stderr).toContain('no entry x/../y')
  })

  test('for what comes, and where it ends the directory is read on', async () => {
    const following = audit('tail', '--follow', '-n', '1')
    const lines = createInterface({ input: following.stdout })[Symbol.asyncIterator]()
    expect((await lines.next()).value).toContain('told-2')
    await store.write(asChanges(decision({ target: 'told-later' })), 'synced')
    expect((await lines.next()).value).toContain('told-later')
    await door.close()
    expect((await lines.next()).value).toContain('object-4')
    following.kill()
  })
})

test.each([
  ['tail', '{"entries":[{}],"end":1}'],
  ['show id', '{}'],
  ['tail --follow', '{"entries":[],"end":0}\ndata: {}\n'],
])('what a gate of another version tells is told as such, and where: %s', async (words, told) => {
  const other = newDirectory()
  const [page = '', event = ''] = told.split('\n')
  const server = createServer(({ url }, response) =>
    response.end(url?.startsWith('/v1/record/follow') === true ? `${event}\n\n` : page),
  )
  await once(server.listen(controlSocket(other)), 'listening')
  const asked = auditOf(other, ...words.split(' '))
  const stderr = text(asked.stderr)
  expect(await once(asked, 'close')).toEqual([74, null])
  expect(await stderr).toBe(
    `dockgate: the gate on ${other} does not tell the record: what it says is not a record of a gate\n`,
  )
  server.close()
})
