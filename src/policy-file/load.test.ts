import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadPolicy, PolicyError } from './load.ts'

const folder = mkdtempSync(join(tmpdir(), 'dockgate-load-'))

function write(name: string, content: string | Buffer): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

async function errorOf(file: string): Promise<unknown> {
  return loadPolicy(file).then(
    () => undefined,
    (cause: unknown) => cause,
  )
}

const good = `version: 1
workers:
  a: { socket: /run/dockgate/a/docker.sock, docker: { allow: [ps] } }
`

describe('loading a policy file', () => {
  test('gives the policy', async () => {
    const policy = await loadPolicy(write('good.yaml', good))
    expect(policy.engine).toBeUndefined()
    expect(policy.workers.map(({ name, docker }) => [name, docker.allow])).toEqual([['a', ['ps']]])
  })

  test('a byte order mark at its start is not a fault', async () => {
    expect((await loadPolicy(write('bom.yaml', `\uFEFF${good}`))).workers).toHaveLength(1)
  })

  test('problems are told with place, line and caret, exit code 65', async () => {
    const file = write('bad.yaml', good.replace('ps', 'sp'))
    const error = await errorOf(file)
    expect(error).toBeInstanceOf(PolicyError)
    expect(error).toMatchObject({ exitCode: 65, problems: [{ line: 3, column: 63 }] })
    expect(String(error)).toBe(
      [
        `PolicyError: ${file}:3:63: unknown command "sp"`,
        '    a: { socket: /run/dockgate/a/docker.sock, docker: { allow: [sp] } }',
        `  ${' '.repeat(62)}^`,
        '  hint: did you mean ps?',
      ].join('\n'),
    )
  })

  test.each([
    ['a file that is not there', join(folder, 'missing.yaml'), /^can't read the policy: ENOENT/],
    ['a folder', folder, /^can't read the policy: EISDIR/],
  ])('%s has exit code 66', async (_, file, message) => {
    expect(await errorOf(file)).toMatchObject({
      exitCode: 66,
      message: expect.stringMatching(message),
      problems: [],
    })
  })

  test.each([
    ['more than a mebibyte', Buffer.alloc(2 ** 20 + 1, '#'), 'is larger than 1 MiB'],
    ['text that is not UTF-8', Buffer.from([0x61, 0xff]), 'is not UTF-8 text'],
  ])('%s is refused as a whole', async (_, content, message) => {
    const file = write('whole.yaml', content)
    expect(await errorOf(file)).toMatchObject({ exitCode: 65, message: `${file}:1:1: ${message}` })
  })

  test('a stream without end is not read to its end', async () => {
    expect(await errorOf('/dev/zero')).toMatchObject({
      exitCode: 65,
      message: '/dev/zero:1:1: is larger than 1 MiB',
    })
  })
})
