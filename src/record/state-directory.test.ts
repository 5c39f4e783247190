import { describe, expect, test } from 'vitest'
import { stateDirectory } from './state-directory.ts'

describe('the state directory', () => {
  test.each([
    ['is what the option says', '/srv/state', { HOME: '/home/ann' }, true, '/srv/state'],
    ['is /var/lib/dockgate for root', undefined, { XDG_STATE_HOME: '/x' }, true, '/var/lib/dockgate'],
    ['follows XDG for a user', undefined, { XDG_STATE_HOME: '/x', HOME: '/home/ann' }, false, '/x/dockgate'],
    ['is under HOME without XDG', undefined, { HOME: '/home/ann' }, false, '/home/ann/.local/state/dockgate'],
    [
      'ignores a relative XDG path',
      undefined,
      { XDG_STATE_HOME: 'x', HOME: '/h' },
      false,
      '/h/.local/state/dockgate',
    ],
  ])('%s', (_, option, environment, isRoot, directory) => {
    expect(stateDirectory(option, environment, isRoot)).toBe(directory)
  })

  test('has to be named where there is no home', () => {
    expect(() => stateDirectory(undefined, {}, false)).toThrow('name one with --state')
  })
})
