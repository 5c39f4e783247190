import { describe, expect, test } from 'vitest'
import { refusalText, type RecordedRefusal } from '../shared/refusal.ts'
import { readRefusal } from './refusal.ts'

const refusal: RecordedRefusal = {
  decision: 'refused',
  rule: 'run.binds',
  what: 'HostConfig.Binds[0] = /etc:/host',
  why: '/etc is outside the directories that this worker may mount',
  instead: ['-v /srv/work/DIR:/work', 'a named volume'],
  also: [],
  retryable: false,
  next: 'To request access, give your operator this rule, for worker ai-worker.',
  record: '2d2vpn67q8t3',
}

describe('a refusal that the CLI printed', () => {
  test.each([
    ['docker: Error response from daemon: ', ".\nSee 'docker run --help'.\n"],
    ['', '\n'],
    ['Unable to find image\nError response from daemon: ', '\n'],
  ])('is the object again: %j', (before, after) => {
    for (const one of [refusal, { ...refusal, instead: [], retryable: true }]) {
      expect(readRefusal(before + refusalText(one) + after)).toMatchObject({ refusal: one })
    }
  })

  test('leaves what was printed beside it, without what the CLI says to every error', () => {
    const printed = `web Created\ndocker: Error response from daemon: ${refusalText(refusal)}.\nSee 'docker run --help'.\ndb Started\n`
    expect(readRefusal(printed)?.others).toBe('web Created\n\ndb Started\n')
  })

  test.each(['', 'Error response from daemon: No such container: x', `echo ${refusalText(refusal)}`])(
    'is none: %.60j',
    (text) => {
      expect(readRefusal(text)).toBeUndefined()
    },
  )
})
