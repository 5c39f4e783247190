import { describe, expect, test } from 'vitest'
import { isWithin, normalizePath, rootProblem } from './paths.ts'

describe('paths', () => {
  test.each([
    ['/srv/a', '/srv/a'],
    ['/srv//a/', '/srv/a'],
    ['/', '/'],
    ['/srv/..a/b..', '/srv/..a/b..'],
  ])('%s is %s', (written, path) => {
    expect(normalizePath(written)).toEqual({ path })
  })

  test.each([
    ['srv', 'must be an absolute path'],
    ['', 'must be an absolute path'],
    ['/srv/../etc', 'must not hold . or ..'],
    ['/srv/./a', 'must not hold . or ..'],
    ['/srv/a:/etc', 'must not hold a colon, a comma or a control character'],
    ['/srv/a\n', 'must not hold a colon, a comma or a control character'],
  ])('%j %s', (written, problem) => {
    expect(normalizePath(written)).toEqual({ problem })
  })

  test('a folder is not within another whose name it only begins with', () => {
    expect(isWithin('/run/dockgate-engine', '/run/dockgate')).toBe(false)
    expect(isWithin('/run/dockgate/a', '/run/dockgate')).toBe(true)
    expect(isWithin('/a', '/')).toBe(true)
  })
})

describe('a bind root', () => {
  const fatal = [
    '/',
    '/etc',
    '/proc',
    '/sys',
    '/dev',
    '/run',
    '/var/run',
    '/boot',
    '/root',
    '/usr',
    '/bin',
    '/sbin',
  ]
  const own = [
    '/var/lib/docker',
    '/var/lib/docker/volumes',
    '/var/lib',
    '/var',
    '/var/lib/dockgate/a',
    '/run/dockgate',
    '/run/dockgate-binds',
    '/run/dockgate-sockets',
  ]
  const links = ['/var/run/docker.sock', '/run/docker.sock', '/var/run/dockgate/ai-worker', '/lib64', '/home']
  test.each([...fatal, ...own, ...links, '/proc/1', '/sys/fs/cgroup', '/dev/sda'])(
    '%s is refused even read-only',
    (path) => {
      expect(rootProblem(path, 'ro')).toBeTypeOf('string')
    },
  )

  test.each(['/etc/cron.d', '/usr/local/bin', '/root/.ssh', '/nix/store'])('%s may only be read', (path) => {
    expect(rootProblem(path, 'rw')).toMatch(/^whoever may write in .* becomes root on the host$/)
    expect(rootProblem(path, 'ro')).toBeUndefined()
  })

  test.each([
    '/srv/ai-worker',
    '/home/ai-worker',
    '/opt/data',
    '/var/cache/models',
    '/run/ai-worker',
    '/etcetera',
  ])('%s may be written', (path) => {
    expect(rootProblem(path, 'rw')).toBeUndefined()
  })
})
