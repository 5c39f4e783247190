/** The layers of ARCHITECTURE.md are kept by the linter; here it is shown that it would notice. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A place beside the source, with its rules: other tests read the source meanwhile. */
const beside = mkdtempSync(join(tmpdir(), 'dockgate-layers-'))
copyFileSync(join(root, '.oxlintrc.json'), join(beside, '.oxlintrc.json'))
afterAll(() => rmSync(beside, { recursive: true }))

/** What the linter says of a file with that one import. */
function lint(folder: string, imported: string): { readonly code: number | null; readonly said: string } {
  const file = join('src', folder, 'planted.ts')
  mkdirSync(join(beside, dirname(file)), { recursive: true })
  writeFileSync(
    join(beside, file),
    `import * as planted from '${imported}'\n\nexport const found = planted\n`,
  )
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/oxlint'), [file], {
    cwd: beside,
    encoding: 'utf8',
  })
  return { code: status, said: stdout + stderr }
}

describe('the linter', () => {
  test.each([
    ['decode', '../policy/decide.ts', 'decode: a stage imports only what stands before it'],
    ['decode', 'node:net', 'this stage is pure: no I/O'],
    ['policy', 'node:fs', 'this stage is pure: no I/O'],
    ['policy', 'node:fs/promises', 'this stage is pure: no I/O'],
    ['policy', '../record/store.ts', 'policy: a stage imports only what stands before it'],
    ['policy/create', '../../rewrite/rewrite.ts', 'policy: a stage imports only what stands before it'],
    ['rewrite', 'node:http', 'this stage is pure: no I/O'],
    ['ssh', '../decode/json.ts', 'ssh: the forced command starts for each command'],
    ['programs', '../decode/json.ts', 'programs: what starts programs of the host loads nothing of the gate'],
    ['programs', 'node:child_process', 'programs are started by src/programs/start.ts alone'],
    ['host', 'node:child_process', 'programs are started by src/programs/start.ts alone'],
    ['doors', 'node:child_process', 'programs are started by src/programs/start.ts alone'],
    ['ssh', 'node:child_process', 'programs are started by src/programs/start.ts alone'],
    ['settle', 'node:child_process', 'programs are started by src/programs/start.ts alone'],
    ['shared', '../decode/json.ts', 'shared: a stage imports only what stands before it'],
    ['record', '../policy/decide.ts', 'record: stands below every stage'],
    ['record/sqlite', '../../audit/recorder.ts', 'record: stands below every stage'],
    ['schedule', '../policy/decide.ts', 'a stage imports only what stands before it'],
  ])('lets nothing in src/%s import %s', (folder, imported, message) => {
    const { code, said } = lint(folder, imported)
    expect(said).toContain(message)
    expect(code).not.toBe(0)
  })

  test('lets a stage import what stands before it', () => {
    expect(lint('policy', '../decode/json.ts')).toMatchObject({ code: 0 })
  })
})

describe('the record', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  const importsOf = (file: string): readonly string[] =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\() ?'([^']+)'/g)].map(
      ([, name = '']) => (name.startsWith('.') ? join(dirname(file), name) : name),
    )

  test('has SQLite behind it in src/record/sqlite/ alone', () => {
    const found = sources.filter((file) => importsOf(file).includes('node:sqlite'))
    expect(found.length).toBeGreaterThan(3)
    expect(found.filter((file) => !file.startsWith('src/record/sqlite/'))).toEqual([])
  })

  test('has no files that import each other in a circle', () => {
    const files = sources.filter((file) => file.startsWith('src/record/'))
    const reached = (from: string): ReadonlySet<string> => {
      const seen = new Set<string>()
      const waiting = [...importsOf(from)]
      for (const file of waiting) {
        if (seen.has(file) || !file.startsWith('src/record/')) continue
        seen.add(file)
        waiting.push(...importsOf(file))
      }
      return seen
    }
    expect(files.filter((file) => reached(file).has(file))).toEqual([])
  })
})

describe('every process of Dockgate', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  const saying = (pattern: RegExp): readonly string[] =>
    sources.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8'))).toSorted()

  test('is the one program, started again by src/programs/self.ts alone', () => {
    expect(saying(/process\.execPath/)).toEqual(['src/programs/self.ts'])
    // The first only names the schema, in the policy that it writes.
    expect(saying(/import\.meta\.(?:url|dirname|filename)/)).toEqual([
      'src/cli/init.ts',
      'src/programs/self.ts',
    ])
  })

  test('is told by src/main.ts what it is, which loads nothing by itself', () => {
    expect(saying(/process\.(?:argv|env)\b/)).toEqual(['src/main.ts'])
    const text = readFileSync(join(root, 'src/main.ts'), 'utf8')
    expect(text.match(/^import (?!type )/m)).toBeNull()
  })
})
