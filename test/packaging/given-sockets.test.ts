/** Before a stand-in for systemd, which listens, hands sockets over and hears what it is told; programs are the real ones. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { request } from '../support/http.ts'
import { until } from '../support/process.ts'
import { underSystemd } from '../support/systemd.ts'

const whoami = { path: '/dockgate/whoami' }
const statusOf = (socket: string): Promise<number> => request(socket, whoami).then(({ status }) => status)
/** How soon its end is seen decides by which error. */
const answerOf = (socket: string): Promise<number | 'none'> => statusOf(socket).catch(() => 'none' as const)

test('who connects before the gate is there, or while it restarts, waits and is served', async () => {
  await using systemd = await underSystemd({ a: 'a.socket' })
  systemd.write({ a: {} })
  const early = statusOf(systemd.socket('a'))
  systemd.start()
  expect(await early).toBe(200)
  const { ino, mode } = statSync(systemd.socket('a'))
  for (let round = 1; round <= 2; round += 1) {
    systemd.signal('TERM')
    await systemd.happened(/^ended /, round)
    const waiting = [1, 2, 3].map(() => statusOf(systemd.socket('a')))
    systemd.start()
    expect(await Promise.all(waiting)).toEqual([200, 200, 200])
  }
  expect(systemd.events().filter((event) => event.startsWith('ended'))).toEqual(['ended 0', 'ended 0'])
  expect(statSync(systemd.socket('a'))).toMatchObject({ ino, mode })
})

test('a call that is under way when the gate is asked to end is answered', async () => {
  await using systemd = await underSystemd({ a: 'a.socket' })
  systemd.write({ a: {} })
  systemd.start()
  await systemd.happened(/^told READY=1/)
  const over = new AbortController()
  let failed = 0
  const load = Promise.all(
    [1, 2, 3, 4].map(async () => {
      while (!over.signal.aborted) if ((await answerOf(systemd.socket('a'))) !== 200) failed += 1
    }),
  )
  for (let round = 1; round <= 3; round += 1) {
    systemd.signal('TERM')
    await systemd.happened(/^ended /, round)
    systemd.start()
    await systemd.happened(/^told READY=1/, round + 1)
  }
  over.abort()
  await load
  expect(failed).toBe(0)
})

test('systemd is told when the gate serves, loads its policy again, is alive, and ends', async () => {
  await using systemd = await underSystemd({ a: 'a.socket' }, 400_000)
  systemd.write({ a: {} })
  systemd.start()
  await systemd.happened('told READY=1 STATUS=1 of 1 workers are served')
  await systemd.happened('told WATCHDOG=1', 3)
  systemd.write({ a: {}, b: {} })
  systemd.signal('HUP')
  await systemd.happened(/^told RELOADING=1 MONOTONIC_USEC=[0-9]+$/)
  await systemd.happened('told READY=1 STATUS=the new policy is in force')
  expect(await statusOf(systemd.socket('b'))).toBe(200)
  systemd.signal('TERM')
  await systemd.happened('told STOPPING=1 STATUS=ending; calls may take 10 s more')
  await systemd.happened('ended 0')
})

test('a gate that stands still says no more that it is alive', async () => {
  await using systemd = await underSystemd({ a: 'a.socket' }, 200_000)
  systemd.write({ a: {} })
  systemd.start()
  await systemd.happened('told WATCHDOG=1', 2)
  systemd.signal('STOP')
  const [, pid = ''] = /^started (\d+)$/m.exec(systemd.printed()) ?? []
  await until(() => /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')), 'the gate to stop')
  const ticks = (): number => systemd.events().filter((event) => event === 'told WATCHDOG=1').length
  const before = ticks()
  const others = await underSystemd({ a: 'a.socket' }, 200_000)
  others.write({ a: {} })
  others.start()
  // Another gate's ten ticks take as long as ten of this one would.
  await others.happened('told WATCHDOG=1', 10)
  await others[Symbol.asyncDispose]()
  // One may have been on its way.
  expect(ticks() - before).toBeLessThan(2)
})

test('a socket that no worker has is told, and who connects is sent away, until the policy names it', async () => {
  await using systemd = await underSystemd({ a: 'a.socket', b: 'b.socket' })
  systemd.write({ a: {} })
  systemd.start()
  await systemd.happened(/^told READY=1/)
  const path = systemd.socket('b')
  expect(systemd.printed()).toContain(`no worker is served on ${path}, which systemd gave`)
  expect(await answerOf(path)).toBe('none')
  systemd.write({ a: {}, b: {} })
  systemd.signal('HUP')
  await systemd.happened(/new policy is in force/)
  expect(await statusOf(path)).toBe(200)
  systemd.write({ a: {} })
  systemd.signal('HUP')
  await systemd.happened(/new policy is in force/, 2)
  expect(await answerOf(path)).toBe('none')
  systemd.write({ a: {}, b: {} })
  systemd.signal('HUP')
  await systemd.happened(/new policy is in force/, 3)
  expect(await statusOf(path)).toBe(200)
})

test('a socket that is open to more than the policy gives is not served', async () => {
  await using systemd = await underSystemd({ a: 'a.socket', b: 'b.socket' })
  systemd.write({ a: {}, b: { socket: { path: systemd.socket('b'), mode: '0400' } } })
  systemd.start()
  await systemd.happened('told READY=1 STATUS=1 of 2 workers are served')
  expect(systemd.printed()).toContain(
    `worker b is not served: ${systemd.socket('b')} has mode 0600, and the policy gives 0400 at the most; set SocketMode=0400`,
  )
  expect(await answerOf(systemd.socket('b'))).toBe('none')
})

test('a gate with a network of its own finds the path of a socket by the name of its descriptor', async () => {
  await using systemd = await underSystemd({ a: 'PATH', b: 'b.socket' }, 60_000_000, [
    '/usr/bin/unshare',
    '--net',
  ])
  systemd.write({ a: {} })
  systemd.start()
  await systemd.happened(/^told READY=1/)
  expect(await statusOf(systemd.socket('a'))).toBe(200)
  expect(systemd.printed()).toContain(
    'socket b.socket that systemd gave is not served: its unit needs FileDescriptorName= with the path that it listens on',
  )
})

test('a worker has no more connections on it than its policy gives', async () => {
  await using systemd = await underSystemd({ a: 'a.socket' })
  systemd.write({ a: { docker: { allow: ['ps', 'events'], connections: 2 } } })
  systemd.start()
  await systemd.happened(/^told READY=1/)
  const path = systemd.socket('a')
  const streams = [1, 2].map(() => request(path, { path: '/v1.41/events' }).catch(() => undefined))
  await until(
    () => (systemd.printed().match(/system\.events/g) ?? []).length === 2,
    'both streams to be let through',
  )
  expect(await answerOf(path)).toBe('none')
  systemd.signal('TERM')
  systemd.signal('TERM')
  await Promise.all(streams)
})

test('what goes to the journal has its priority in front, line by line, and what goes elsewhere has none', async () => {
  await using systemd = await underSystemd({ a: 'a.socket', b: 'b.socket' })
  systemd.write({ a: {}, b: { socket: { path: systemd.socket('b'), mode: '0400' } } })
  systemd.start()
  await systemd.happened(/^told READY=1/)
  writeFileSync(systemd.policyFile, 'version: 1\nworkers: wrong\n')
  systemd.signal('HUP')
  await systemd.happened("told READY=1 STATUS=the old policy stays in force; the new one can't be used")
  systemd.signal('TERM')
  await systemd.happened('ended 0')
  const printed = systemd.printed()
  expect(printed).toMatch(/^<3>dockgate: worker b is not served/m)
  expect(printed).toMatch(/^<3>dockgate: the old policy stays in force.*\n(?:<3>.*\n)+<5>dockgate: ending/m)
  expect(printed).toMatch(/^<4>dockgate: no worker is served on/m)
  expect(printed).toMatch(/^<6>dockgate: engine 26/m)
  expect(printed).toMatch(/^worker a is served/m)
})
