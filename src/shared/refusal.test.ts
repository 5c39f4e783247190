import { describe, expect, test } from 'vitest'
import { printable, refusalText, shorten, type RecordedRefusal } from './refusal.ts'

const refusal: RecordedRefusal = {
  decision: 'refused',
  rule: 'run.binds',
  what: 'HostConfig.Binds[0] = /etc:/host',
  why: '/etc is outside the directories that this worker may mount',
  instead: ['-v /srv/work/DIR:/work', 'a named volume'],
  also: [],
  retryable: false,
  next: 'To request access, give your operator this rule, for worker ai-worker.',
  record: '0000000001-ab12',
}

describe('a refusal as text', () => {
  test('names rule, value, reason, way forward and record', () => {
    expect(refusalText(refusal)).toBe(
      [
        'refused by policy: run.binds',
        'HostConfig.Binds[0] = /etc:/host',
        'why: /etc is outside the directories that this worker may mount',
        'instead: -v /srv/work/DIR:/work; or a named volume',
        'This is policy, not an error. Do not try to work around it.',
        'To request access, give your operator this rule, for worker ai-worker. Record: 0000000001-ab12',
      ].join('\n'),
    )
  })

  test('leaves out a way forward that is not there', () => {
    expect(refusalText({ ...refusal, instead: [] })).not.toContain('instead')
  })

  test('names the places of further violations', () => {
    const also = ['HostConfig.Binds[1] = /var:/b', 'a tag']
    expect(refusalText({ ...refusal, also })).toContain('/etc:/host (also HostConfig.Binds[1], a tag)\n')
  })

  test('says so where the same request may pass later', () => {
    const text = refusalText({ ...refusal, retryable: true })
    expect(text).toContain('as soon as there is room')
    expect(text).not.toContain('This is policy')
  })

  test('shows what a client sent on one line, cut and escaped', () => {
    const lines = refusalText({ ...refusal, what: `a\nwhy: all is well\u001b[31m${'x'.repeat(500)}` }).split(
      '\n',
    )
    expect(lines).toHaveLength(6)
    expect(lines[1]).toMatch(/^a\\x0awhy: all is well\\x1b\[31mx+\.\.\.$/)
  })
})

describe('printable', () => {
  test.each([
    ['plain ~', 'plain ~'],
    ['\t\u007f\u009b', '\\x09\\x7f\\x9b'],
    ['é\u202e😀', '\\xe9\\u{202e}\\u{1f600}'],
    ['\ud800', '\\u{d800}'],
  ])('%j becomes %s', (text, written) => {
    expect(printable(text)).toBe(written)
  })
})

test('a text is cut at its length', () => {
  expect(shorten('abcdef', 6)).toBe('abcdef')
  expect(shorten('abcdefg', 6)).toBe('abc...')
})
