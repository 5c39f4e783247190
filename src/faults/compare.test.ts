import { describe, expect, test } from 'vitest'
import { compareVersions } from './compare.ts'

describe('the older of two versions comes first', () => {
  test.each([
    ['1.1.5', '1.1.15'],
    ['1.0.0-rc93', '1.0.0-rc95'],
    ['1.3.0-rc.1', '1.3.0'],
    ['2.1.0-beta.0', '2.1.0-rc.1'],
    ['20.10.24', '25.0.17'],
    ['1.1.15+ds1-2', '1.1.15+ds1-2+b4'],
    ['1.1.15+ds1-2+b4', '1.1.15+ds1-2+deb13u1'],
    ['1.6.20~ds1-1+deb12u2', '1.6.20~ds1-1+deb12u3'],
    ['1.7.24~ds1-6+deb13u1', '1.7.24~ds1-9'],
    ['1.7.24~ds1', '1.7.24'],
    ['28.5.2+dfsg1-4', '28.5.2+dfsg4-3'],
    ['1.8', '1.8.1'],
  ])('%s before %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0)
    expect(compareVersions(newer, older)).toBeGreaterThan(0)
    expect(compareVersions(older, older)).toBe(0)
  })
})
