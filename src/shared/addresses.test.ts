import { describe, expect, test } from 'vitest'
import { holds, isByFirst, overlap, parseAddress, parseSubnet, type Addresses } from './addresses.ts'

test.each([
  ['0.0.0.0', '00000000'],
  ['172.30.1.5', 'ac1e0105'],
  ['255.255.255.255', 'ffffffff'],
  ['::', '0'.repeat(32)],
  ['fd00::5', `fd00${'0'.repeat(27)}5`],
  ['FD00:1:2:3:4:5:6:7', 'fd000001000200030004000500060007'],
  ['1::3:4:5:6:7:8', '00010000000300040005000600070008'],
  ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
])('the address %s is read', (text, digits) => {
  expect(parseAddress(text)).toEqual({ text, first: digits, last: digits })
})

test.each([
  ['172.30.0.0/16', 'ac1e0000', 'ac1effff'],
  ['172.30.5.7/16', 'ac1e0000', 'ac1effff'],
  ['172.30.5.7/32', 'ac1e0507', 'ac1e0507'],
  ['0.0.0.0/0', '00000000', 'ffffffff'],
  ['128.0.0.0/1', '80000000', 'ffffffff'],
  ['fd00::/64', `fd00${'0'.repeat(28)}`, `fd00${'0'.repeat(12)}${'f'.repeat(16)}`],
  ['::/0', '0'.repeat(32), 'f'.repeat(32)],
])('the subnet %s is read', (text, first, last) => {
  expect(parseSubnet(text)).toEqual({ text, first, last })
})

test.each([
  ...['', '1.2.3', '1.2.3.4.5', '256.0.0.1', '01.2.3.4', '1.2.3.4 ', '0x1.2.3.4', '1.2.3.-4', '2130706433'],
  ...[
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    '::1.2.3.4',
  ],
  ...['fe80::1%eth0', '[::1]', '::ffff:1.2.3.4', '::ffff:0102:0304', '0:0:0:0:0:ffff:ac1e:5'],
])('%j is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined()
  expect(parseSubnet(`${text}/24`)).toBeUndefined()
})

test.each([
  '1.2.3.4',
  '1.2.3.4/',
  '1.2.3.4/33',
  '1.2.3.4/024',
  '1.2.3.4/-1',
  '1.2.3.4/+8',
  '1.2.3.4/8/8',
  '::/129',
  '/8',
])('%j is no subnet', (text) => {
  expect(parseSubnet(text)).toBeUndefined()
})

describe('of two', () => {
  const read = (text: string): Addresses => {
    const addresses = text.includes('/') ? parseSubnet(text) : parseAddress(text)
    if (addresses === undefined) throw new Error(text)
    return addresses
  }

  test.each([
    ['172.30.0.0/16', '172.30.0.0/16', true],
    ['172.30.0.0/16', '172.30.255.0/24', true],
    ['172.30.0.0/16', '172.30.255.255', true],
    ['172.30.0.0/16', '172.31.0.0', false],
    ['172.30.0.0/16', '172.29.255.255', false],
    ['172.30.0.0/16', '172.30.0.0/15', false],
    ['172.30.0.0/24', '172.30.0.0/16', false],
    ['::/0', '172.30.0.0', false],
    ['0.0.0.0/0', '::', false],
    ['fd00::/64', 'fd00::ffff:ffff:ffff:ffff', true],
    ['fd00::/64', 'fd00:0:0:1::', false],
  ])('%s holds %s: %s', (outer, inner, expected) => {
    expect(holds(read(outer), read(inner))).toBe(expected)
  })

  test.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/16', '10.1.0.0/16', false],
    ['0.0.0.0/0', '::/0', false],
  ])('%s and %s overlap: %s', (one, other, expected) => {
    expect(overlap(read(one), read(other))).toBe(expected)
  })

  test.each([
    ['10.0.0.0/8', true],
    ['10.1.0.0/8', false],
    ['fd00::/64', true],
    ['fd00::1/64', false],
  ])('%s is written by its first address: %s', (text, expected) => {
    expect(isByFirst(read(text))).toBe(expected)
  })
})
