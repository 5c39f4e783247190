import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Notifier, sending } from './notify.ts'

test('systemd is told one thing after the other, each as a line', async () => {
  const told: string[] = []
  const first = Promise.withResolvers<void>()
  const notifier = new Notifier(
    async (assignments) => {
      if (told.length === 0) await first.promise
      told.push(assignments.join('|'))
    },
    () => undefined,
  )
  notifier.tell('READY=1', 'STATUS=two\nlines')
  notifier.tell('STOPPING=1')
  first.resolve()
  await notifier.said()
  expect(told).toEqual(['READY=1|STATUS=two lines', 'STOPPING=1'])
})

test('that it can’t be told is said once, until it can', async () => {
  const failures: string[] = []
  let fails = true
  const notifier = new Notifier(
    () => (fails ? Promise.reject(new Error('no such program')) : Promise.resolve()),
    (message) => failures.push(message),
  )
  for (const isFailing of [true, true, false, true]) {
    fails = isFailing
    notifier.tell('WATCHDOG=1')
    await notifier.said()
  }
  expect(failures).toEqual(Array.from({ length: 2 }, () => "systemd can't be told: no such program"))
})

test('nobody is told where nobody listens', async () => {
  expect(sending({}, [])).toBe(undefined)
  expect(sending({ NOTIFY_SOCKET: '' }, [])).toBe(undefined)
  const notifier = new Notifier(undefined, (message) => expect.fail(message))
  notifier.tell('READY=1')
  await notifier.said()
})

test('a socket that was opened for it is written to by the gate itself', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-notify-'))
  const file = join(directory, 'told')
  const descriptor = openSync(file, 'w')
  const send = sending({ NOTIFY_SOCKET: '/nonexistent' }, [{ descriptor, name: 'notify' }])
  await send?.(['READY=1', 'STATUS=it serves'])
  closeSync(descriptor)
  expect(readFileSync(file, 'utf8')).toBe('READY=1\nSTATUS=it serves')
  rmSync(directory, { recursive: true })
})
