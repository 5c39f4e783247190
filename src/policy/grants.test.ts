import { describe, expect, test } from 'vitest'
import type { ContainerFacts } from '../resolve/facts.ts'
import { grantOf, grantOn, wordOf } from './grants.ts'

const fresh: ContainerFacts = {
  id: '0'.repeat(64),
  name: 'web',
  word: 'web',
  policyName: 'web',
  owner: 'self',
  running: false,
  started: false,
  memory: 0,
  nanoCpus: 0,
  binds: [],
  made: undefined,
}
const running = { ...fresh, running: true, started: true }
const stopped = { ...fresh, started: true }

describe('a word of the policy', () => {
  test.each([
    ['container.start', fresh, true],
    ['container.start', stopped, false],
    ['container.attach', fresh, true],
    ['container.attach', running, false],
    ['container.remove', fresh, true],
    ['container.remove', running, false],
    ['container.kill', running, true],
    ['container.wait', running, true],
    ['container.resize', running, true],
    ['container.stop', running, false],
    ['container.logs', running, false],
    ['container.rename', fresh, false],
    ['container.update', fresh, false],
    ['container.archive-put', fresh, false],
  ] as const)('run and %s of %o: %s', (kind, container, granted) => {
    expect(grantOn(kind, container, ['run'])).toBe(granted ? 'run' : undefined)
  })

  test.each([
    'container.start',
    'container.kill',
    'container.wait',
    'container.remove',
    'container.attach',
  ] as const)('implies no %s of a container of the operator', (kind) => {
    expect(grantOn(kind, { ...fresh, owner: 'operator' }, ['run', 'compose'])).toBeUndefined()
  })

  test('that is the command itself grants it on whatever is in reach', () => {
    expect(grantOn('container.kill', { ...running, owner: 'operator' }, ['kill'])).toBe('kill')
  })

  test('that is the command itself is named before one that implies it', () => {
    expect(grantOn('container.start', fresh, ['run', 'start'])).toBe('start')
  })

  test('grants on no container', () => {
    expect(grantOf('container.create', ['run'])).toBe('run')
    expect(grantOf('image.pull', ['run'])).toBe('run')
    expect(grantOf('image.remove', ['run'])).toBeUndefined()
    expect(grantOf('image.inspect', ['inspect'])).toBe('inspect')
  })

  test('names the operation in refusals', () => {
    expect(wordOf('container.remove')).toBe('rm')
    expect(wordOf('image.remove')).toBe('rmi')
    expect(wordOf('system.df')).toBe('system df')
  })
})
