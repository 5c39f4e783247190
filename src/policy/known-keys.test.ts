import { expect, test } from 'vitest'
import { knownKeys } from './known-keys.ts'

const DOCKER = ['workers', 'a', 'docker']

test.each([
  [[], ['version', 'engine', 'policy', 'workers']],
  [
    ['workers', 'a'],
    ['inherits', 'socket', 'docker', 'host', 'mcp'],
  ],
  [
    ['workers', 'a', 'socket'],
    ['path', 'owner', 'group', 'mode', 'directory_mode'],
  ],
  [
    [...DOCKER, 'run', 'binds', 0],
    ['path', 'mode'],
  ],
  [
    [...DOCKER, 'run', 'ports'],
    ['address', 'range'],
  ],
  [
    [...DOCKER, 'run', 'ports', 0],
    ['address', 'range'],
  ],
  [
    [...DOCKER, 'run', 'limits', 'total'],
    ['memory', 'cpus'],
  ],
  [['workers'], []],
  [[...DOCKER, 'reach'], []],
  [[...DOCKER, 'reach', 'web'], []],
  [[...DOCKER, 'allow'], []],
  [['version'], []],
])('keys at %j are %j', (path, keys) => {
  expect(knownKeys(path)).toEqual(keys)
})

test('keys of the hints are the commands', () => {
  expect(knownKeys([...DOCKER, 'hints'])).toEqual(expect.arrayContaining(['ps', 'container ls', 'exec']))
})
