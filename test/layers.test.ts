/** Rooms and what they open onto: the table of ARCHITECTURE.md, read from the imports of every file, tests aside. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const source = fileURLToPath(new URL('../src', import.meta.url))

/**
 * Each room, and which others it may import: those above it in the table alone. A room is a folder of src/ or a file in src/ itself.
 * What is not here is in no room.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  // What all stand on.
  shared: [],
  http: [],
  schedule: [],
  grpc: ['schedule'],
  // The host: files, and programs that are started.
  files: [],
  programs: ['shared', 'files'],
  systemd: ['programs'],
  // A request, and the policy that it is measured by.
  decode: ['shared'],
  policy: ['shared', 'decode'],
  faults: ['shared', 'policy'],
  // The engine and the record, and what is known by both.
  record: ['schedule'],
  engine: ['shared', 'http', 'grpc', 'decode'],
  workers: ['policy', 'record'],
  world: ['shared', 'decode', 'policy', 'faults', 'record', 'engine'],
  // The host by a policy.
  host: ['shared', 'files', 'programs', 'policy'],
  'policy-file': ['programs', 'policy', 'host'],
  // From a request to a decision, and what is sent by it.
  resolve: ['files', 'decode', 'policy', 'world'],
  decide: ['shared', 'schedule', 'decode', 'policy', 'faults', 'world', 'resolve'],
  'docker-cli': ['decode', 'policy', 'decide'],
  audit: ['shared', 'schedule', 'decode', 'record', 'workers', 'decide'],
  encode: ['shared', 'decode', 'engine', 'world', 'decide'],
  filter: ['shared', 'schedule', 'decode', 'policy', 'engine', 'world', 'resolve', 'decide'],
  // A running gate: what it holds, and the way of a request through it.
  'gate.ts': [
    'shared',
    'schedule',
    'policy',
    'record',
    'engine',
    'workers',
    'world',
    'host',
    'resolve',
    'audit',
  ],
  'rehearse.ts': ['shared', 'decode', 'workers', 'decide', 'filter'],
  rights: [
    'shared',
    'schedule',
    'decode',
    'policy',
    'record',
    'engine',
    'workers',
    'world',
    'host',
    'resolve',
    'decide',
    'audit',
    'encode',
    'gate.ts',
  ],
  settle: ['shared', 'decode', 'record', 'engine', 'world', 'decide', 'encode', 'gate.ts', 'rights'],
  perform: [
    'shared',
    'grpc',
    'schedule',
    'programs',
    'decode',
    'policy',
    'record',
    'engine',
    'workers',
    'world',
    'host',
    'resolve',
    'decide',
    'encode',
    'filter',
    'gate.ts',
    'rights',
    'settle',
  ],
  'pipeline.ts': [
    'shared',
    'schedule',
    'decode',
    'record',
    'engine',
    'workers',
    'resolve',
    'decide',
    'filter',
    'gate.ts',
    'rehearse.ts',
    'rights',
    'settle',
    'perform',
  ],
  'builds.ts': [
    'shared',
    'decode',
    'engine',
    'workers',
    'decide',
    'gate.ts',
    'rights',
    'settle',
    'perform',
    'pipeline.ts',
  ],
  doors: [
    'shared',
    'http',
    'grpc',
    'schedule',
    'files',
    'programs',
    'systemd',
    'decode',
    'policy',
    'faults',
    'record',
    'engine',
    'workers',
    'host',
    'policy-file',
    'resolve',
    'decide',
    'docker-cli',
    'filter',
    'gate.ts',
    'rights',
    'perform',
    'pipeline.ts',
    'builds.ts',
  ],
  // Programs beside it, and the commands.
  ssh: ['shared', 'programs'],
  mcp: ['shared', 'http', 'programs', 'policy', 'docker-cli', 'ssh'],
  cli: [
    'shared',
    'http',
    'schedule',
    'files',
    'programs',
    'systemd',
    'policy',
    'faults',
    'record',
    'engine',
    'host',
    'policy-file',
    'audit',
    'gate.ts',
    'rights',
    'doors',
    'mcp',
  ],
  'main.ts': ['programs', 'policy-file', 'ssh', 'mcp', 'cli'],
}

/** They decide and encode, and so do nothing: what they import of Node works on values alone. */
const PURE = ['shared', 'schedule', 'decode', 'policy', 'faults', 'resolve', 'decide', 'docker-cli', 'encode']
const OF_VALUES = ['node:buffer', 'node:crypto', 'node:path', 'node:stream', 'node:util', 'node:v8']

/** What a permit encodes to, and the gate's own questions. */
const ENCODING = [/^encode\//, /^engine\/questions\//]

/** By what is imported: the only ones that may import it. Names in a file are given behind `#`. */
const RESERVED: Readonly<Record<string, readonly RegExp[]>> = {
  'node:child_process': [/^programs\/start\.ts$/],
  'node:sqlite': [/^record\/sqlite\//],
  'decide/permit.ts#permitting': [/^decide\//],
  'engine/encoded.ts#archiveRequest': ENCODING,
  'engine/encoded.ts#grpcCall': ENCODING,
  'engine/encoded.ts#jsonRequest': ENCODING,
  'engine/encoded.ts#plainRequest': ENCODING,
  'decide/permit.ts#requireDecided': [/^encode\/(?:encode|buildkit)\.ts$/, /^perform\/diagnostic\.ts$/],
}

interface Import {
  readonly from: string
  /** A file of src/, or a module. */
  readonly of: string
  readonly names: readonly string[]
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? ''
}

/** What a file imports, also of types alone, and what it loads later. */
function importsOf(from: string, text: string): readonly Import[] {
  const written =
    /^(?:import|export)\b([^'"]*?)\bfrom\s*'([^']+)'|^import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm
  return [...text.matchAll(written)].map(([, clause = '', ...modules]) => {
    const module = modules.find((one) => one !== undefined) ?? ''
    const names = /\{([^}]*)\}/.exec(clause)?.[1] ?? ''
    return {
      from,
      of: module.startsWith('.') ? normalize(join(dirname(from), module)) : module,
      names: names.split(',').map((name) =>
        name
          .trim()
          .replace(/^type\s+/, '')
          .replace(/\s.*/, ''),
      ),
    }
  })
}

/** What is wrong with imports; empty where nothing is. */
function complaints(imports: readonly Import[]): readonly string[] {
  return imports.flatMap(({ from, of, names }) => {
    const room = roomOf(from)
    const allowed = ROOMS[room]
    if (allowed === undefined) return [`${from} is in no room`]
    const isOurs = !/^(?:node:)?[@a-z0-9][^.]*$/.test(of)
    const other = roomOf(of)
    const reserved = [of, ...names.map((name) => `${of}#${name}`)].filter(
      (what) => RESERVED[what]?.some((pattern) => pattern.test(from)) === false,
    )
    return [
      ...(isOurs && other !== room && !allowed.includes(other) ? [`${from} imports ${of}`] : []),
      ...(PURE.includes(room) && of.startsWith('node:') && !OF_VALUES.includes(of.split('/')[0] ?? '')
        ? [`${from} does something: ${of}`]
        : []),
      ...reserved.map((what) => `${from} takes ${what}`),
    ]
  })
}

const files = globSync('**/*.ts', { cwd: source }).filter((file) => !file.endsWith('.test.ts'))
const all = files.flatMap((file) => importsOf(file, readFileSync(join(source, file), 'utf8')))
const rooms = Object.keys(ROOMS)

test('every file imports what its room may', () => {
  expect(complaints(all)).toEqual([])
})

test('the table has every room, and nothing that is not used', () => {
  expect(rooms.toSorted()).toEqual([...new Set(files.map(roomOf))].toSorted())
  const used = new Set(all.map(({ from, of }) => `${roomOf(from)} ${roomOf(of)}`))
  const unused = rooms.flatMap((room) => (ROOMS[room] ?? []).filter((other) => !used.has(`${room} ${other}`)))
  expect(unused).toEqual([])
})

test('arrows go up the table alone', () => {
  const upward = rooms.flatMap((room, place) =>
    (ROOMS[room] ?? []).filter((other) => rooms.indexOf(other) >= place).map((other) => `${room} ${other}`),
  )
  expect(upward).toEqual([])
})

test('no files go round in a circle', () => {
  const open = new Map(files.map((file) => [file, new Set<string>()]))
  for (const { from, of } of all) if (open.has(of)) open.get(from)?.add(of)
  // Whoever imports nothing that is left is in no circle.
  for (let before = -1; before !== open.size;) {
    before = open.size
    for (const [file, imports] of open)
      if ([...imports].every((other) => other === file || !open.has(other))) open.delete(file)
  }
  expect([...open.keys()]).toEqual([])
})

describe('an import that is planted is found', () => {
  test.each(rooms)('in %s, of each room that it may not open', (room) => {
    const from = room.endsWith('.ts') ? room : `${room}/planted.ts`
    const others = rooms.filter((other) => other !== room && !(ROOMS[room] ?? []).includes(other))
    for (const other of others) {
      const path = (room.endsWith('.ts') ? './' : '../') + (other.endsWith('.ts') ? other : `${other}/x.ts`)
      const ways = [`import { x } from '${path}'`, `import type { X } from '${path}'`]
      for (const line of [...ways, `export * from '${path}'`, `const x = await import('${path}')`])
        expect({ line, found: complaints(importsOf(from, line)).length }).toEqual({ line, found: 1 })
    }
  })

  test.each(PURE)('in %s, of what does something', (room) => {
    for (const module of ['node:fs', 'node:fs/promises', 'node:net', 'node:http', 'node:child_process'])
      expect(complaints(importsOf(`${room}/planted.ts`, `import { x } from '${module}'`))).not.toEqual([])
  })

  test('of what makes a permit, outside decisions', () => {
    const line = "import { permitting } from '../decide/permit.ts'"
    for (const room of ['encode', 'settle', 'perform', 'rights', 'doors'])
      expect(complaints(importsOf(`${room}/planted.ts`, line))).not.toEqual([])
    expect(complaints(importsOf('decide/planted.ts', "import { permitting } from './permit.ts'"))).toEqual([])
  })

  test('of what makes a request, outside encodings and the gate’s own questions', () => {
    for (const name of ['archiveRequest', 'jsonRequest', 'plainRequest'])
      for (const room of ['world', 'settle', 'perform', 'rights', 'doors', 'engine'])
        expect(
          complaints(importsOf(`${room}/planted.ts`, `import { ${name} } from '../engine/encoded.ts'`)),
        ).not.toEqual([])
  })

  test('in a folder that is in no room', () => {
    expect(complaints(importsOf('new/planted.ts', "import { x } from '../shared/x.ts'"))).toEqual([
      'new/planted.ts is in no room',
    ])
  })
})

describe('every process of Dockgate', () => {
  const saying = (pattern: RegExp): readonly string[] =>
    files.filter((file) => pattern.test(readFileSync(join(source, file), 'utf8'))).toSorted()

  test('is the one program, started again by src/programs/self.ts alone', () => {
    expect(saying(/process\.execPath/)).toEqual(['programs/self.ts'])
    // The first only names the schema, in the policy that it writes.
    expect(saying(/import\.meta\.(?:url|dirname|filename)/)).toEqual([
      'cli/init.ts',
      'cli/licenses.ts',
      'programs/self.ts',
    ])
  })

  test('is told by src/main.ts what it is, which loads nothing by itself', () => {
    expect(saying(/process\.(?:argv|env)\b/)).toEqual(['main.ts'])
    expect(readFileSync(join(source, 'main.ts'), 'utf8')).not.toMatch(/^import (?!type )/m)
  })
})
