import { chmodSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findProgram } from './roots.ts'

describe('a program of the host', () => {
  test('is run by the name that it has, a link too', async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'program-')))
    symlinkSync('/bin/true', join(directory, 'link'))
    expect(await findProgram(['/nonexistent/x', join(directory, 'link')])).toBe(join(directory, 'link'))
  })

  test("is not a link where others can put another, though it leads to root's", async () => {
    const directory = mkdtempSync(join(tmpdir(), 'program-'))
    chmodSync(directory, 0o777)
    symlinkSync('/bin/true', join(directory, 'link'))
    await expect(findProgram([join(directory, 'link')])).rejects.toThrow('does not belong to root alone')
  })
})
