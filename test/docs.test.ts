/** The documentation says what the code does: rules, keys, words, limits, links. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Field } from '../src/decode/fields.ts'
import { containerCreateBody } from '../src/decode/operations/container-create-body.ts'
import { REFUSED_ENDPOINTS } from '../src/decode/refused-endpoints.ts'
import { FOR_AGENTS } from '../src/shared/for-agents.ts'
import { policyJsonSchema } from '../src/policy/json-schema.ts'
import { ROUTES } from '../src/doors/operator/routes.ts'
import { compatibilityWith, results } from '../compat/results.ts'
import { parsePolicy } from '../src/policy/parse.ts'
import {
  REACH_WORDS,
  UNRECORDED_WORDS,
  expandWord,
  SPELLINGS,
  SUBCOMMANDS,
} from '../src/policy/subcommands.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Rows of the tables of a page, or of its part under a heading, as cells. */
function rows(page: string, heading = ''): readonly (readonly string[])[] {
  const text = read(page)
  const part = heading === '' ? text : (text.split(`\n${heading}\n`)[1]?.split(/\n## /)[0] ?? '')
  return part
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

/** What stands in backticks. */
function code(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].flatMap((match) => match[1] ?? [])
}

describe('docs/refusals.md', () => {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  const sources = files.map(read)
  const rules = sources.flatMap((source) => [
    ...[...source.matchAll(/\brule: '([^']+)'/g)],
    ...[...source.matchAll(/\brule: `([^`]+)`/g)],
    ...[...source.matchAll(/\brefuse\(\s*(?!context)[\w.']+,\s*['`]([^'`]+)['`]/g)],
  ])
  const given = [...new Set(rules.flatMap((match) => match[1] ?? []))]
  const table = rows('docs/refusals.md', '## Rules').flatMap(([rule = '']) => code(rule))
  const named = code(read('docs/refusals.md').split('\n## Rules\n')[1] ?? '')
  const pattern = (rule: string): RegExp =>
    new RegExp(`^${rule.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[A-Za-z.]+')}$`)

  test('there are rules', () => {
    expect(given.length).toBeGreaterThan(20)
  })

  test.each(given)('the rule %s is explained', (rule) => {
    expect(named.filter((name) => pattern(rule).test(name))).not.toEqual([])
  })

  test.each(table.filter((rule) => rule !== 'COMMAND'))('the code can give %s', (rule) => {
    expect(given.filter((one) => pattern(one).test(rule))).not.toEqual([])
  })
})

describe('the source', () => {
  const pages = [
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...globSync('docs/**/*.md', { cwd: root }),
  ]
  const comments = globSync('src/**/*.ts', { cwd: root }).map((file) => [
    file,
    read(file)
      .split('\n')
      .filter((line) => /^ *(?:\/?\*|\/\/)/.test(line))
      .join('\n'),
  ])
  const texts = [...pages.map((page) => [page, read(page)]), ...comments]
  const files = new Set(globSync('{src,test,scripts}/**/*.ts', { cwd: root }))

  test('has every file that a page or a comment names', () => {
    const wrong = texts.flatMap(([where = '', text = '']) =>
      [...text.matchAll(/(?<![\w./-])[a-z][\w-]*\/(?:[\w-]+\/)*[\w.-]+\.ts\b/g)]
        .map(([path]) => path)
        .filter((path) => !files.has(path) && !files.has(`src/${path}`))
        .map((path) => `${where}: ${path}`),
    )
    expect(wrong).toEqual([])
  })

  test('has no folder of tests that CONTRIBUTING.md does not explain', () => {
    const folders = globSync('test/*/', { cwd: root }).map((path) => `${path.replace(/\/$/, '')}/`)
    const explained = rows('CONTRIBUTING.md', '## Tests').flatMap(([where = '']) => code(where))
    const isExplained = (folder: string): boolean => explained.some((where) => where.startsWith(folder))
    expect(folders.length).toBeGreaterThan(5)
    expect(folders.filter((folder) => folder !== 'test/support/' && !isExplained(folder))).toEqual([])
  })
})

test('the policy in the README is sound', () => {
  const block = /^A policy:\n\n((?: {4}.*\n)+)/m.exec(read('README.md'))?.[1] ?? ''
  expect(parsePolicy(block.replaceAll(/^ {4}/gm, ''), 'README.md')).toMatchObject({
    policy: { workers: [{ name: 'ai-worker' }] },
  })
})

test('docs/agents/AGENTS-dockgate.md is what agents are told by the doors, and short', () => {
  expect(read('docs/agents/AGENTS-dockgate.md')).toBe(FOR_AGENTS)
  expect(FOR_AGENTS.length).toBeLessThan(3500)
})

describe('docs/compatibility.md', () => {
  test('says of suites of others what npm run compat found', () => {
    const page = read('docs/compatibility.md')
    expect(compatibilityWith(page, results.parse(JSON.parse(read('compat/results.json'))))).toBe(page)
  })

  const seen = rows('docs/compatibility.md').filter(([, door = '']) => /^(?:socket|ssh|mcp-\w+)$/.test(door))

  test('there are agents, and doors', () => {
    expect(seen.length).toBeGreaterThan(14)
  })

  test.each(seen)(
    '%s by %s: it works, and a refusal is read whole, as what was kept of the run says',
    (agent, door, works, whole) => {
      // OpenClaw shows a model an answer as JSON.
      const steps = read(`test/agents/golden/${agent}-${door}.txt`).replaceAll('\\n', '\n').split('\n=== ')
      expect(/^hi$/m.test(steps[0] ?? '') ? 'yes' : 'no').toBe(works)
      const refusal =
        /refused by policy: run\.binds\n.*\nwhy: .*\ninstead: .*\nThis is policy, .*\nTo request access, .*Record: RECORD/
      expect(refusal.test(steps[1] ?? '') ? 'yes' : 'no').toBe(whole)
    },
  )
})

test('server.json is about this version and `dockgate mcp`', () => {
  const { version, mcpName } = z
    .looseObject({ version: z.string(), mcpName: z.string() })
    .parse(JSON.parse(read('package.json')))
  const manifest = z
    .looseObject({
      packages: z.array(
        z.looseObject({
          version: z.string(),
          packageArguments: z.array(z.looseObject({ name: z.string().optional() })),
        }),
      ),
    })
    .parse(JSON.parse(read('server.json')))
  expect(manifest).toMatchObject({ name: mcpName, version, packages: [{ identifier: 'dockgate', version }] })
  const options = rows('docs/mcp.md', '## Stdio').map(
    ([option = '']) => option.replaceAll('`', '').split(' ')[0],
  )
  const named = manifest.packages.flatMap((one) => one.packageArguments.flatMap(({ name }) => name ?? []))
  expect(named.filter((name) => !options.includes(name))).toEqual([])
})

describe('docs/policy.md', () => {
  const keys = new Map(
    rows('docs/policy.md', '## Keys').map(([key = '', value = '']) => [code(key)[0], value]),
  )

  test.each(schemaKeys())('the key $path is there with its default', ({ path, required, standard }) => {
    const written = keys.get(path) ?? 'is missing'
    if (required) expect(written).toBe('required')
    else if (standard === undefined) expect(written).not.toMatch(/^(?:required|is missing|`.*`)$/)
    else expect(written).toBe(`\`${JSON.stringify(standard)}\``)
  })

  test('no other key is there', () => {
    const known = schemaKeys().map(({ path }) => path)
    expect([...keys.keys()].filter((key) => key !== undefined && !known.includes(key))).toEqual([])
  })

  const words = rows('docs/policy.md', '## Command words').slice(1)

  test.each(SUBCOMMANDS)('the word %s is there with its other spellings', (word) => {
    const row = words.find(([first = '']) => first === `\`${word}\``) ?? []
    const others = SPELLINGS.filter((spelling) => spelling !== word && expandWord(spelling).join() === word)
    expect(code(row[1] ?? '')).toEqual(others)
    expect(row[2]?.startsWith('*r*')).toBe(REACH_WORDS.includes(word))
  })

  test('the words that may go unrecorded are there', () => {
    const line =
      read('docs/policy.md')
        .split('\n')
        .find((one) => one.startsWith('`unrecorded` takes')) ?? ''
    const canonical = UNRECORDED_WORDS.filter((word) => expandWord(word)[0] === word)
    expect(code(line).slice(1).sort()).toEqual(canonical.sort())
  })
})

describe('docs/limits-of-this-version.md', () => {
  const page = 'docs/limits-of-this-version.md'
  const listed = rows(page, '## Commands').flatMap(([commands = '']) => code(commands))

  test('names every command that is refused, and no other', () => {
    const refused = new Set(REFUSED_ENDPOINTS.map(([, , words]) => words))
    expect([...listed].sort()).toEqual([...refused].sort())
  })

  test('names every field of a container that is refused, and no other', () => {
    const named = rows(page, '## Options').flatMap(([fields = '']) => code(fields))
    const refused = refusedFields(containerCreateBody, '')
    const ends =
      (field: string): ((name: string) => boolean) =>
      (name) =>
        field === name || field.endsWith(`.${name}`)
    expect(refused.filter((field) => !named.some(ends(field)))).toEqual([])
    expect(named.filter((name) => !refused.some((field) => ends(field)(name)))).toEqual([])
  })
})

describe('docs/operator-api.md', () => {
  const page = 'docs/operator-api.md'
  const endpoints = new Map(
    rows(page, '## Endpoints')
      .filter(([endpoint = '']) => /^`(?:GET|POST) /.test(endpoint))
      .map(([endpoint = '', parameters = '']) => [code(endpoint)[0], code(parameters)]),
  )

  test('has every endpoint with its parameters, and no other', () => {
    expect([...endpoints]).toEqual(
      ROUTES.map(({ method, path, parameters }) => [`${method} /v1${path}`, parameters]),
    )
  })

  test('says of each parameter what it is', () => {
    const explained = rows(page, '## Endpoints').flatMap(([name = '']) => code(name))
    const parameters = ROUTES.filter(({ path }) => path.startsWith('/record')).flatMap(
      (route) => route.parameters,
    )
    expect(parameters.filter((name) => !explained.includes(name))).toEqual([])
  })
})

describe('links', () => {
  const pages = [...globSync('*.md', { cwd: root }), ...globSync('docs/**/*.md', { cwd: root })]

  test.each(pages)('those of %s lead somewhere', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path)
      const isFolder = target.endsWith('/')
      if (globSync(isFolder ? `${target}*` : target, { cwd: root }).length === 0) return true
      return anchor !== undefined && !anchors(target).includes(anchor)
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })
})

/** Anchors of a page's headings, as repositories' web pages make them. */
function anchors(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

function refusedFields(field: Field<unknown>, path: string): readonly string[] {
  return Object.entries(field.children).flatMap(([name, child]) => {
    const at = name === '[]' || name === '{*}' ? path : path === '' ? name : `${path}.${name}`
    return child.treatment === 'refused' ? [at] : refusedFields(child, at)
  })
}

interface Key {
  readonly path: string
  readonly required: boolean
  readonly standard: unknown
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly additionalProperties?: Schema | boolean | undefined
  readonly items?: Schema | undefined
  readonly anyOf?: readonly Schema[] | undefined
  readonly default?: unknown
}

/** Every key of the policy's JSON Schema. */
function schemaKeys(): readonly Key[] {
  const schema: z.ZodType<Schema> = z.lazy(() =>
    z.looseObject({
      properties: z.record(z.string(), schema).optional(),
      required: z.array(z.string()).optional(),
      additionalProperties: z.union([z.boolean(), schema]).optional(),
      items: schema.optional(),
      anyOf: z.array(schema).optional(),
    }),
  )
  return keysOf(schema.parse(JSON.parse(policyJsonSchema())), '')
}

function keysOf(
  { properties = {}, required = [], additionalProperties, items, anyOf = [] }: Schema,
  at: string,
): readonly Key[] {
  const own = Object.entries(properties).flatMap(([name, value]) => {
    const path = at === '' ? name : `${at}.${name}`
    return [{ path, required: required.includes(name), standard: value.default }, ...keysOf(value, path)]
  })
  // The keys of `workers` are names; those of `reach` and `hints` hold no further maps.
  const inside = typeof additionalProperties === 'object' ? keysOf(additionalProperties, `${at}.NAME`) : []
  return [
    ...own,
    ...inside,
    ...(items === undefined ? [] : keysOf(items, at)),
    ...anyOf.flatMap((one) => keysOf(one, at)),
  ]
}
