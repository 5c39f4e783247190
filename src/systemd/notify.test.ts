import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Notifier, speakerFor, type Speaker } from './notify.ts'

const speaking = (say: Speaker['say']): Speaker => ({ say, end: () => undefined })

test('systemd is told one thing after the other, each as a line', async () => {
  const told: string[] = []
  const first = Promise.withResolvers<void>()
  const notifier = new Notifier(
    speaking(async (assignments) => {
      if (told.length === 0) await first.promise
      told.push(assignments.join('|'))
    }),
    () => undefined,
  )
  notifier.tell('READY=1', 'STATUS=two\nlines')
  notifier.tell('STOPPING=1')
  first.resolve()
  await notifier.end()
  expect(told).toEqual(['READY=1|STATUS=two lines', 'STOPPING=1'])
})

test('that it can’t be told is said once, until it can', async () => {
  const failures: string[] = []
  let fails = true
  const notifier = new Notifier(
    speaking(() => (fails ? Promise.reject(new Error('no such program')) : Promise.resolve())),
    (message) => failures.push(message),
  )
  for (const isFailing of [true, true, false, true]) {
    fails = isFailing
    notifier.tell('WATCHDOG=1')
    await notifier.end()
  }
  expect(failures).toEqual(Array.from({ length: 2 }, () => "systemd can't be told: no such program"))
})

test('nobody is told where nobody listens', async () => {
  expect(speakerFor({}, [])).toBe(undefined)
  expect(speakerFor({ NOTIFY_SOCKET: '' }, [])).toBe(undefined)
  const notifier = new Notifier(undefined, (message) => expect.fail(message))
  notifier.tell('READY=1')
  await notifier.end()
})

test('a socket that was opened for it is written to by the gate itself', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-notify-'))
  const file = join(directory, 'told')
  const descriptor = openSync(file, 'w')
  const speaker = speakerFor({ NOTIFY_SOCKET: '/nonexistent' }, [{ descriptor, name: 'notify' }])
  await speaker?.say(['READY=1', 'STATUS=it serves'])
  closeSync(descriptor)
  expect(readFileSync(file, 'utf8')).toBe('READY=1\nSTATUS=it serves')
  rmSync(directory, { recursive: true })
})

test('what systemd-notify ends with is told', async () => {
  const failures: string[] = []
  const speaker = speakerFor({ NOTIFY_SOCKET: '/nonexistent/notify' }, [])
  const notifier = new Notifier(speaker, (message) => failures.push(message))
  notifier.tell('WATCHDOG=1')
  notifier.tell('WATCHDOG=1')
  await notifier.end()
  expect(failures).toEqual([expect.stringMatching(/^systemd can't be told: systemd-notify ended with \d+$/)])
})
