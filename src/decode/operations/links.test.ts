import { expect, test } from 'vitest'
import { FieldError } from '../fields.ts'
import { readLinks } from './links.ts'

test.each([
  ['db', { container: 'db', alias: undefined }],
  ['db:store', { container: 'db', alias: 'store' }],
  ['/db:/web/store', { container: 'db', alias: 'store' }],
  ['/db:store', { container: 'db', alias: 'store' }],
  ['a.b_c-1:A.b_c-1', { container: 'a.b_c-1', alias: 'A.b_c-1' }],
])('the link %s is read', (written, link) => {
  expect(readLinks([written], 'Links')).toEqual([link])
})

test.each([
  '',
  ':',
  'db:',
  ':store',
  '/db',
  'db:a:b',
  'db:../a',
  'db:a/b',
  'db:/web/store',
  'db:.',
  'db:..',
  '/db:/web/..',
  '/db:/web/',
  '../db:a',
  '/web/db:a',
  'db:a b',
  'db:a\n1.2.3.4 b',
  `db:${'a'.repeat(256)}`,
])('the link %j is none', (written) => {
  expect(() => readLinks(['a:b', written], 'HostConfig.Links')).toThrow(FieldError)
})
