/** The manual and the completions: up to date, and sound by what reads them (scripts/host/setup.sh installs that). */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { manualFiles } from '../../scripts/manual/files.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dockgate-manual-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([...(await manualFiles())])(
  '%s is as the command line is; npm run reference writes it',
  (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text)
  },
)

test.each([
  ['bash', ['-n', 'packaging/completions/dockgate.bash']],
  ['zsh', ['-n', 'packaging/completions/_dockgate']],
  ['fish', ['-n', 'packaging/completions/dockgate.fish']],
  ['shellcheck', ['packaging/completions/dockgate.bash']],
  ['groff', ['-man', '-ww', '-z', 'packaging/man/dockgate.1', 'packaging/man/dockgate-policy.5']],
])('%s finds nothing wrong', (program, words) => {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: root, encoding: 'utf8' })
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
})

describe('in bash', () => {
  for (const name of ['policy.yaml', 'other.yml', 'notes.txt']) writeFileSync(join(folder, name), '')

  /** What bash offers behind a line, whose last word may be empty. */
  function offered(line: string): readonly string[] {
    const script = `. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dockgate; printf '%s\\n' "\${COMPREPLY[@]}"`
    const file = join(root, 'packaging/completions/dockgate.bash')
    // bash takes words apart at the equals sign.
    const words = line
      .split(' ')
      .flatMap((word) => word.split(/(=)/).filter((part, at) => at === 0 || part !== ''))
    const text = execFileSync('bash', ['-c', script, 'bash', file, ...words], {
      cwd: folder,
      encoding: 'utf8',
    })
    return text.split('\n').filter((one) => one !== '')
  }

  test.each([
    ['dockgate po', ['policy']],
    ['dockgate policy ', ['check', 'show', 'schema']],
    ['dockgate policy check ', ['policy.yaml', 'other.yml']],
    ['dockgate policy show --json p', ['policy.yaml']],
    ['dockgate serve --policy ', ['policy.yaml', 'other.yml']],
    ['dockgate serve --policy=o', ['other.yml']],
    ['dockgate serve --q', ['--quiet']],
    ['dockgate audit tail --decision ', ['allow', 'refuse', 'outcome']],
    ['dockgate audit tail --worker ', []],
    ['dockgate audit verify --heads ', ['notes.txt', 'other.yml', 'policy.yaml']],
    ['dockgate ssh --c', ['--check']],
  ])('%s is completed', (line, expected) => {
    expect([...offered(line)].sort()).toEqual([...expected].sort())
  })
})
