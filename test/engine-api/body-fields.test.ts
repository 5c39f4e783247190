/** Every field of the bodies that are decoded: what is stated of it is what happens to it. */
import { describe, expect, test } from 'vitest'
import { type Field, isEmpty } from '../../src/decode/fields.ts'
import { parseJson } from '../../src/decode/json.ts'
import { containerCreateBody } from '../../src/decode/operations/container-create-body.ts'
import { containerUpdateBody } from '../../src/decode/operations/container-update.ts'
import { ROUTES } from '../../src/decode/routes.ts'
import { objectOf } from '../../src/shared/json-value.ts'
import { ask, decodeRequest, type Answer } from '../cases/world.ts'
import { fieldsOf } from './tables.ts'

interface Stated {
  readonly treatment: string
  readonly why: string
  /** The field that refuses: itself, or the one that it lies below. */
  readonly at: string
}

/** What the description of a body says of a field; undefined where it names no such field. */
function stated(body: Field<unknown>, path: string): Stated | undefined {
  let field = body
  let at = ''
  for (const step of stepsOf(path)) {
    const child = Object.hasOwn(field.children, step) ? field.children[step] : undefined
    if (child === undefined) {
      // A list of words, or of numbers, is one value to its reader.
      const whole = step === '[]' && Object.keys(field.children).length === 0
      return field.treatment === 'refused' || whole ? { treatment: field.treatment, why: field.why, at } : undefined
    }
    field = child
    at = step === '[]' ? `${at}[0]` : `${at}${at === '' ? '' : '.'}${step === '{*}' ? keyUnder(at) : step}`
  }
  return { treatment: field.treatment, why: field.why, at }
}

function stepsOf(path: string): readonly string[] {
  return path.split('.').flatMap((name) => name.split(/(?=\[\])/))
}

const KEYS: Readonly<Record<string, string>> = {
  ExposedPorts: '80/tcp',
  Volumes: '/data',
  'HostConfig.Tmpfs': '/data',
  'HostConfig.PortBindings': '80/tcp',
  'NetworkingConfig.EndpointsConfig': 'bridge',
}

/** A key that the object at this path can have. */
function keyUnder(path: string): string {
  return KEYS[path] ?? 'key'
}

const SAMPLES: Readonly<Record<string, unknown>> = { integer: 7, boolean: true, array: ['text'], object: { key: 'text' } }

function sample(type: string, path: string): unknown {
  if (/^(?:ExposedPorts|Volumes)\.\{\*\}$/.test(path)) return {}
  if (path.endsWith('.Target')) return '/elsewhere'
  return SAMPLES[type.split('|')[0] ?? ''] ?? 'text'
}

/** What a mount needs beside the field that is looked at. */
function mountFor(path: string): object {
  const base = { Target: '/data' }
  if (path.includes('.BindOptions')) return { ...base, Type: 'bind', Source: '/srv/work', ReadOnly: true }
  return path.includes('.TmpfsOptions') ? { ...base, Type: 'tmpfs' } : { ...base, Type: 'volume', Source: 'mine' }
}

/** The value at the end of a path of objects and lists. */
function nest(steps: readonly string[], value: unknown, path: string, at = ''): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return value
  if (step === '[]') {
    const inner = nest(rest, value, path, at)
    return [at === 'HostConfig.Mounts' ? { ...mountFor(path), ...objectOf(inner) } : inner]
  }
  const name = step === '{*}' ? keyUnder(at) : step
  return { [name]: nest(rest, value, path, `${at}${at === '' ? '' : '.'}${name}`) }
}

/** The value at a path of an object that was sent. */
function valueAt(body: unknown, steps: readonly string[], at = ''): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return body
  if (step === '[]') return Array.isArray(body) ? valueAt(body[0], rest, at) : undefined
  const name = step === '{*}' ? keyUnder(at) : step
  return valueAt(objectOf(body)[name], rest, `${at}${at === '' ? '' : '.'}${name}`)
}

const CREATE = 'POST /v1.45/containers/create'

function create(fields: object): Answer {
  return ask({ line: CREATE, body: { Image: 'alpine', ...fields } })
}

function bodyOf({ sent }: Answer): unknown {
  return JSON.parse(sent?.body?.toString() ?? 'null')
}

const createFields = fieldsOf('POST', '/containers/create').map((field) => ({
  ...field,
  stated: stated(containerCreateBody, field.field),
}))
const updateFields = fieldsOf('POST', '/containers/{id}/update').map((field) => ({
  ...field,
  stated: stated(containerUpdateBody, field.field),
}))

describe('the fields of a create', () => {
  test('are all stated, with a reason wherever they are not sent as they are', () => {
    expect(createFields.length).toBeGreaterThan(200)
    expect(createFields.filter((one) => one.stated === undefined).map(({ field }) => field)).toEqual([])
    const silent = createFields.filter((one) => one.stated?.treatment !== 'forwarded' && one.stated?.why === '')
    expect(silent.map(({ field }) => field)).toEqual([])
  })

  test.each(createFields.filter((one) => one.stated?.treatment === 'refused').map((one) => [one.field, one] as const))(
    '%s is refused by name',
    (path, { type, stated: by }) => {
      const body = nest(stepsOf(path), sample(type, path), path)
      const { findings } = decodeRequest({ line: CREATE, body: { Image: 'alpine', ...objectOf(body) } })
      expect(findings).toHaveLength(1)
      expect(findings[0]?.what).toContain(`${by?.at} = `)
      expect(findings[0]?.why).toBe(by?.why)
    },
  )

  test.each(
    createFields
      .filter((one) => one.stated?.treatment === 'forwarded' && !/^(?:array|object)$/.test(one.type))
      .map((one) => [one.field, one] as const),
  )('%s is sent as it is', (path, { type }) => {
    const value = sample(type, path)
    const answer = create(objectOf(nest(stepsOf(path), value, path)))
    expect(answer.verdict).toMatchObject({ effect: 'allow' })
    // A single word is sent as a list of one, which is how engines read it.
    const expected = type === 'array|string' ? [value].flat() : value
    expect(valueAt(bodyOf(answer), stepsOf(path))).toEqual(expected)
  })
})

describe('the fields of commits, networks, volumes and execs', () => {
  test.each([
    ...['/commit', '/networks/create', '/networks/{id}/connect', '/networks/{id}/disconnect'],
    ...['/volumes/create', '/containers/{id}/exec', '/exec/{id}/start'],
  ])('of %s are all stated', (path) => {
    const body = ROUTES.find(({ endpoint }) => endpoint === `POST ${path}`)?.body
    const fields = fieldsOf('POST', path)
    expect(fields.length).toBeGreaterThan(1)
    expect(fields.filter(({ field }) => body === undefined || stated(body, field) === undefined)).toEqual([])
  })
})

describe('the fields of an update', () => {
  test('are all stated', () => {
    expect(updateFields.length).toBeGreaterThan(60)
    expect(updateFields.filter((one) => one.stated === undefined).map(({ field }) => field)).toEqual([])
  })

  test.each(updateFields.filter((one) => one.stated?.treatment === 'refused').map((one) => [one.field, one] as const))(
    '%s is refused by name',
    (path, { type, stated: by }) => {
      const body = nest(stepsOf(path), sample(type, path), path)
      const { findings } = decodeRequest({ line: 'POST /containers/web/update', body })
      expect(findings).toHaveLength(1)
      expect(findings[0]?.what).toContain(`${by?.at} = `)
    },
  )
})

/** Spellings that Go's decoder takes for the name, and JSON does not. */
function variants(name: string): readonly string[] {
  const all = [
    name.toLowerCase(),
    name.toUpperCase(),
    name.replace(/s/i, '\u017f'),
    name.replace(/k/i, '\u212a'),
  ]
  return [...new Set(all)].filter((variant) => variant !== name)
}

const HOST_FIELDS = Object.keys(containerCreateBody.children['HostConfig']?.children ?? {})
const TOP_FIELDS = Object.keys(containerCreateBody.children)

describe('names that are almost those of fields', () => {
  test.each(TOP_FIELDS.flatMap((name) => variants(name).map((variant) => [variant, name])))(
    '%s is not taken for %s',
    (variant, name) => {
      const rest = name === 'Image' ? {} : { Image: 'alpine' }
      const { operation, findings } = decodeRequest({ line: CREATE, body: { ...rest, [variant]: ['x'] } })
      expect(findings).toMatchObject([{ what: variant, instead: `spell it ${name}` }])
      expect(operation.kind).toBe(name === 'Image' ? 'malformed' : 'container.create')
    },
  )

  test.each(HOST_FIELDS.flatMap((name) => variants(name).map((variant) => [variant, name])))(
    'HostConfig.%s is not taken for %s',
    (variant) => {
      const body = { Image: 'alpine', HostConfig: { [variant]: true } }
      expect(decodeRequest({ line: CREATE, body }).findings).toMatchObject([
        { what: `HostConfig.${variant}` },
      ])
    },
  )

  test.each(TOP_FIELDS.flatMap((name) => variants(name).map((variant) => [name, variant])))(
    'of %s and %s together the second is refused',
    (name, variant) => {
      const body = `{${name === 'Image' ? '' : '"Image":"alpine",'}"${name}":${name === 'Image' ? '"alpine"' : 'null'},"${variant}":["x"]}`
      const { findings } = decodeRequest({ line: CREATE, body })
      expect(findings).toMatchObject([{ what: variant, instead: `spell it ${name}` }])
    },
  )

  test.each(HOST_FIELDS.filter((name) => !TOP_FIELDS.includes(name)))(
    '%s of HostConfig is left out at the top of the body',
    (name) => {
      const answer = create({ [name]: 'surprise' })
      expect([answer.decoded.findings, answer.decoded.leftOut]).toEqual([[], [name]])
      expect(JSON.stringify(bodyOf(answer))).not.toContain('surprise')
    },
  )
})

describe('fields that nobody knows', () => {
  test.each([null, false, 0, '', [], {}, [null, ''], { a: { b: 0 } }])('are left out where they hold %j', (value) => {
    expect(isEmpty(parseJson(Buffer.from(JSON.stringify(value))))).toBe(true)
    const answer = create({ Surprise: value, HostConfig: { Surprise: value } })
    expect(answer.verdict.effect).toBe('allow')
    expect(JSON.stringify(bodyOf(answer))).not.toContain('Surprise')
  })

  test.each([true, 1, -1, 'x', [1], { a: 1 }, [[['x']]]])('are left out and told where they hold %j', (value) => {
    const answer = create({ Surprise: value, HostConfig: { Surprise: value } })
    expect(answer.decoded.leftOut).toEqual(['Surprise', 'HostConfig.Surprise'])
    expect(answer.verdict.effect).toBe('allow')
    expect(JSON.stringify(bodyOf(answer))).not.toContain('Surprise')
  })
})
