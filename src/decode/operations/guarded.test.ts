import { expect, test } from 'vitest'
import { isGuarded } from './guarded.ts'

test.each([
  ...[
    '/dev',
    '/dev/',
    '//dev',
    '/./dev',
    '/a/../dev',
    'dev',
    '/dev/null',
    '/dev/pts',
    '/dev/pts/0',
    '/dev/console',
  ],
  ...['/dev/tty', '/dev/fd', '/proc', '/proc/', '/proc/sys/kernel', '/sys', '/sys/fs/cgroup', '/dev/zero/..'],
])('%s is guarded', (path) => {
  expect(isGuarded(path)).toBe(true)
})

test.each([
  ...['/dev/shm', '/dev/hugepages', '/dev/mqueue', '/dev/net', '/dev/nullable', '/dev/shm/null', '/device'],
  ...['/process', '/system', '/data/dev', '/data/proc', '/', '/dev/..'],
])('%s is not', (path) => {
  expect(isGuarded(path)).toBe(false)
})
