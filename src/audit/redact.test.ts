import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newDirectory } from '../../test/support/record.ts'
import { createRedactor, keyedHash } from './redact.ts'

describe('redaction', () => {
  test('replaces values by a hash that depends on the key', () => {
    const one = keyedHash(Buffer.alloc(32, 1), 'secret')
    expect(one).toMatch(/^[0-9a-f]{12}$/)
    expect(keyedHash(Buffer.alloc(32, 2), 'secret')).not.toBe(one)
  })

  test('keeps its key in the directory, readable by the owner alone', () => {
    const directory = newDirectory()
    const first = createRedactor(directory)
    expect(statSync(join(directory, 'redact.key')).mode & 0o777).toBe(0o600)
    expect(createRedactor(directory)('secret')).toBe(first('secret'))
    expect(createRedactor(newDirectory())('secret')).not.toBe(first('secret'))
  })

  test('does not go on with a key that was cut', () => {
    const directory = newDirectory()
    writeFileSync(join(directory, 'redact.key'), 'short')
    expect(() => createRedactor(directory)).toThrow('redact.key is not 32 bytes long')
  })
})
