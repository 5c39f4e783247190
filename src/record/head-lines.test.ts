import { expect, test } from 'vitest'
import { headLine, headsOf } from './head-lines.ts'

const hash = '83d8e08ad87c21cbbc597dac16bca0de889984e3d5550bca66db6679ddd9c02f'
const line = headLine({ entries: 82, head: hash, failing: undefined })
const head = { seq: 82, hash, source: 'line 1 of the log' }

async function read(...lines: readonly string[]) {
  return headsOf(
    (async function* () {
      yield* lines
    })(),
    'the log',
  )
}

test.each([
  ['as it was printed', ''],
  ['of journalctl', 'Nov 29 23:02:45 host dockgate[123]: '],
  ['of journalctl, in the first days of a month', 'Nov  9 23:02:45 host dockgate[123]: '],
  ['of journalctl -o short-iso', '2026-11-29T23:02:45+0000 host node[123]: '],
  ['of journalctl -o short-iso-precise', '2026-11-29T23:02:45.123456+00:00 host dockgate[1]: '],
  ['of docker logs -t', '2026-11-29T23:02:45.123456789Z '],
])('a head is read from a line %s', async (_, before) => {
  expect(await read(`${before}dockgate: ${line}`)).toEqual([head])
  expect(await read(`${before}dockgate: ended; ${line}`)).toEqual([head])
})

test.each([
  ['a decision', `23:02:45 ai-worker  refuse container.create x[1]: dockgate: ${line}`],
  [
    'a decision in a journal',
    `Nov 29 23:02:45 host dockgate[1]: 23:02:45 ai-worker  allow x[1]: dockgate: ${line}`,
  ],
  ['a decision with a date in it', `23:02:45 ai-worker  refuse x 2026-11-29T23:02:45Z dockgate: ${line}`],
  ['another note', `dockgate: the engine says dockgate: ${line}`],
  ['more behind it', `dockgate: ${line} or so`],
])('none is read from %s that a worker can write in', async (_, text) => {
  expect(await read(text)).toEqual([])
})

test('heads are told by their lines, and that of an empty record is left out', async () => {
  const empty = headLine({ entries: 0, head: '0'.repeat(64), failing: undefined })
  const heads = await read(`dockgate: ${empty}`, 'something else', `dockgate: ${line}`)
  expect(heads).toEqual([{ ...head, source: 'line 3 of the log' }])
})
