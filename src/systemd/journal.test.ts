import { closeSync, fstatSync, openSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isJournal, withLevel } from './journal.ts'

test('each line has its priority in front, but nothing stands before what is empty', () => {
  expect(withLevel('dockgate: it is refused:\n\nfile:1:2: wrong\n', 'error')).toBe(
    '<3>dockgate: it is refused:\n\n<3>file:1:2: wrong\n',
  )
  expect([withLevel('a', 'warning'), withLevel('a', 'notice'), withLevel('a', 'information')]).toEqual([
    '<4>a',
    '<5>a',
    '<6>a',
  ])
})

test('the journal is what systemd says it is, as long as the output leads there', () => {
  const descriptor = openSync('/dev/null', 'r')
  const { dev, ino } = fstatSync(descriptor)
  expect(isJournal(descriptor, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true)
  expect(isJournal(descriptor, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false)
  expect(isJournal(descriptor, {})).toBe(false)
  closeSync(descriptor)
  expect(isJournal(descriptor, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false)
})
