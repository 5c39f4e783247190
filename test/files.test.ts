/**
 * Who touches files: paths that others could move are the business of src/files/ alone, which goes by descriptors. Everybody else
 * names here which functions it calls, and why nobody can swap what they are called for.
 */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** By file: functions of node:fs and node:fs/promises. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  // In the state directory, which `serve` opens by src/files/ before: nobody else can write there or move it.
  'src/record/accept.ts': ['existsSync'],
  'src/record/keys.ts': ['existsSync', 'readFileSync'],
  'src/record/signed.ts': [
    'closeSync',
    'constants',
    'existsSync',
    'ftruncateSync',
    'openSync',
    'readFileSync',
    'writeSync',
  ],
  'src/record/verify.ts': ['existsSync'],
  'src/record/sqlite/database.ts': [
    'closeSync',
    'existsSync',
    'fdatasync',
    'fdatasyncSync',
    'openSync',
    'readFileSync',
    'writeFileSync',
  ],
  'src/record/sqlite/directory.ts': ['existsSync', 'statSync'],
  'src/record/files.ts': [
    'closeSync',
    'existsSync',
    'fsyncSync',
    'mkdirSync',
    'openSync',
    'readFileSync',
    'renameSync',
    'statSync',
    'writeFileSync',
  ],
  // The operator's own commands, and the path that the operator wrote: src/host/policy-on-host.ts says who else could change it.
  'src/cli/audit.ts': ['open'],
  'src/cli/init.ts': ['existsSync', 'mkdir', 'writeFile'],
  'src/cli/licenses.ts': ['existsSync', 'readFileSync'],
  'src/cli/watch-policy.ts': ['stat'],
  'src/engine/find-engine.ts': ['access', 'constants'],
  'src/policy-file/reader.ts': ['closeSync', 'createReadStream', 'fstatSync', 'writeFileSync'],
  'src/policy-file/load.ts': ['open'],
  // In the tree of groups of processes, where root alone makes anything.
  'src/host/build-groups.ts': ['existsSync', 'mkdir', 'writeFile'],
  // Programs of the worker's account, which gain nothing by a path that it can move; what starts them looks at what root put there.
  'src/mcp/http-child.ts': ['existsSync'],
  'src/programs/docker.ts': ['lstat', 'realpath'],
  'src/programs/plugins.ts': ['readFile'],
  'src/programs/sandbox.ts': ['existsSync', 'readFileSync'],
  'src/programs/start.ts': ['openSync', 'readFileSync', 'readdirSync'],
  // Of this process's own descriptors, and the kernel's list of its sockets.
  'src/systemd/descriptors.ts': ['fstatSync', 'readFileSync', 'readlinkSync'],
  'src/systemd/journal.ts': ['fstatSync'],
  'src/systemd/notify.ts': ['write'],
  'src/ssh/docker.ts': ['accessSync', 'constants'],
  'src/ssh/interruption.ts': ['writeSync'],
  'src/ssh/key.ts': ['readFileSync'],
  'src/ssh/print.ts': ['writeSync'],
}

/** By a path, these change or remove whatever it leads to at that moment. */
const BY_DESCRIPTOR_ALONE =
  /^(?:l?chown|l?chmod|l?utimes|link|symlink|unlink|rmdir|rm|truncate|cp|copyFile)(?:Sync)?$/

const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
const textOf = (file: string): string => readFileSync(`${root}/${file}`, 'utf8')

/** What a file imports of node:fs; a default or a namespace is `*`. */
function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/import\s+([^'"]*?)\s+from\s+'(?:node:)?fs(?:\/promises)?'/g)].flatMap(
    ([, what = '']) => {
      const named = /^\{([^}]*)\}$/s.exec(what.replace(/^type\s/, ''))
      if (named === null) return ['*']
      if (what.startsWith('type ')) return []
      const names = (named[1] ?? '').split(',').map((name) => name.trim())
      return names
        .filter((name) => name !== '' && !name.startsWith('type '))
        .map((name) => name.replace(/\s+as\s.*/, ''))
    },
  )
}

const room = 'src/files/descriptor.ts'

describe('a path that others could move', () => {
  test('is touched in src/files/descriptor.ts alone', () => {
    const found = Object.fromEntries(
      sources.flatMap((file) => {
        const imports = importsOf(textOf(file))
        return imports.length === 0 || file === room ? [] : [[file, imports.toSorted()]]
      }),
    )
    const stated = Object.fromEntries(Object.entries(CALLS).map(([file, calls]) => [file, calls.toSorted()]))
    expect(found).toEqual(stated)
  })

  test('is reached by no other way to the file system', () => {
    for (const file of sources) {
      const text = textOf(file)
      const mentions = text.match(/['"](?:node:)?fs(?:\/promises)?['"]/g) ?? []
      const imports = text.match(/^(?:import|\}) .*from '(?:node:)?fs(?:\/promises)?'/gm) ?? []
      expect({ file, mentions: mentions.length }).toEqual({ file, mentions: imports.length })
      expect({
        file,
        text: /process\.binding\b|getBuiltinModule\('(?!node:http')/.exec(text)?.[0],
      }).toEqual({
        file,
      })
    }
  })

  test('is changed, linked and removed there alone', () => {
    expect(
      Object.values(CALLS)
        .flat()
        .filter((name) => BY_DESCRIPTOR_ALONE.test(name)),
    ).toEqual([])
  })

  test('is listened on in src/files/sockets.ts alone', () => {
    const listening = sources.filter((file) => /\.listen\(/.test(textOf(file)))
    // One serves on TCP, one on descriptors that are bound already; the others hand the server over.
    expect(listening.toSorted()).toEqual([
      'src/cli/serve.ts',
      'src/doors/listen.ts',
      'src/files/sockets.ts',
      'src/mcp/http-child.ts',
      'src/systemd/given-sockets.ts',
    ])
  })

  test('is given to the system in that file only below what is held', () => {
    const text = textOf(room).replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
    const calls = [
      ...text.matchAll(
        /(?<![.\w])(?:chmod|chown|link|mkdir|open|opendir|readlink|rmdir|unlink)\((\w+\(?|'[^']*')/g,
      ),
    ]
    expect(calls.length).toBeGreaterThan(10)
    expect(new Set(calls.map(([, argument]) => argument))).toEqual(new Set(['path', 'pathIn(', "'/'"]))
  })
})
