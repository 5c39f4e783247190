import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCpus, formatSize, parseCpus, parseSize } from './sizes.ts'

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['1024', 1024],
    ['7b', 7],
    ['64k', 65_536],
    ['10m', 10_485_760],
    ['4g', 4_294_967_296],
    ['4G', 4_294_967_296],
    ['1.5g', 1_610_612_736],
    ['0.0001k', 0],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  test.each(['', 'g', '-1g', '1t', '4gb', '4 g', '1,5g', '.5g', '1e3', '0x10', ' 1g', '1g\n', '9999999999g'])(
    '%j is not a size',
    (text) => {
      expect(parseSize(text)).toBeUndefined()
    },
  )

  test('what is formatted is read as the same number of bytes', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 50 }), (bytes) => parseSize(formatSize(bytes)) === bytes))
    expect([4_294_967_296, 1_610_612_736, 1025].map(formatSize)).toEqual(['4g', '1536m', '1025b'])
  })
})

describe('cpus', () => {
  test.each([
    [2, 2_000_000_000],
    [0.5, 500_000_000],
    [1.001, 1_001_000_000],
    [0.1 + 0.2, 300_000_000],
  ])('%d cpus are %d billionths', (cpus, nano) => {
    expect(parseCpus(cpus)).toBe(nano)
    expect(Number(formatCpus(nano))).toBeCloseTo(cpus)
  })

  test.each([0, -1, 0.0005, 1.2345, Number.NaN, Infinity, 5000])('%d is not a number of cpus', (cpus) => {
    expect(parseCpus(cpus)).toBeUndefined()
  })
})
