import { describe, expect, test } from 'vitest'
import { parseCount, parseHead, parseTime } from './audit-options.ts'

const now = Date.UTC(2026, 0, 31, 12)

describe('the options of audit', () => {
  test.each([
    ['30s', now - 30_000],
    ['10m', now - 600_000],
    ['2h', now - 7_200_000],
    ['1d', now - 86_400_000],
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-01-31T10:00', Date.UTC(2026, 0, 31, 10)],
    ['2026-01-31T10:00:00Z', Date.UTC(2026, 0, 31, 10)],
    ['2026-01-31T10:00:00+02:00', Date.UTC(2026, 0, 31, 8)],
  ])('%s is a time', (text, time) => {
    expect(parseTime(text, now)).toBe(time)
  })

  test.each(['', '10', '10 m', '-1d', '1w', 'yesterday', '2026-13-01', '1.5h'])(
    '%j is not a time',
    (text) => {
      expect(() => parseTime(text, now)).toThrow('write 30s, 10m')
    },
  )

  test('a count is a whole number from 1', () => {
    expect(parseCount('25')).toBe(25)
    for (const text of ['0', '-1', '1e3', '']) expect(() => parseCount(text)).toThrow('write a number')
  })

  test('a head is a number and a hash', () => {
    const hash = 'a'.repeat(64)
    expect(parseHead(`12:${hash}`)).toEqual({ seq: 12, hash })
    for (const text of [hash, `x:${hash}`, '12:abc']) expect(() => parseHead(text)).toThrow('SEQ:HASH')
  })
})
