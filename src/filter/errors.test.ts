import { expect, test } from 'vitest'
import { cleanMessage, withoutTargets } from './errors.ts'

const PART = 'the subpath is missing, or leads elsewhere'

test.each([
  'cannot access path /var/lib/docker/volumes/v/_data/l: lstat /etc/nope: no such file or directory',
  'path concatenation escapes the base directory, base: /var/lib/docker/volumes/v/_data, subpath: l',
  'error while resolving symlinks in combined path "/var/lib/docker/volumes/v/_data/l": not a directory',
  'error while resolving symlinks in base directory "/var/lib/docker/volumes/v/_data": too many links',
])('of a part of a volume that is not mounted the same is told: %s', (message) => {
  expect(withoutTargets(message)).toBe(PART)
  expect(withoutTargets(`failed to start: ${message}\nmore`)).toBe(`failed to start: ${PART}\nmore`)
  const body = Buffer.from(JSON.stringify({ message }))
  expect(cleanMessage(body, '/var/lib/docker', () => true)).toBe(PART)
})

test('of an init that the engine lacks it is said what is missing', () => {
  const message = 'exec: "docker-init": executable file not found in $PATH'
  const clean = (told: string) => cleanMessage(Buffer.from(JSON.stringify({ message: told })), '', () => true)
  expect(clean(message)).toMatch(/^the engine has no init of its own .* leave --init out, .*docker-init/)
  expect(clean(message.replace('docker-init', 'sh'))).toBe(message.replace('docker-init', 'sh'))
})

test('what an engine says of other paths stays', () => {
  expect(withoutTargets('stat /x: no such file or directory')).toBe('stat /x: no such file or directory')
})
