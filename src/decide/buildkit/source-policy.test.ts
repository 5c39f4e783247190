import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseReference } from '../../decode/reference.ts'
import { someImageMatches } from '../../policy/match.ts'
import { sourcePolicyFor } from './source-policy.ts'

const DIGEST = `@sha256:${'0'.repeat(64)}`

/** What an engine makes of a source: the last rule that matches counts, and what is converted is looked at anew. */
function taken(
  images: readonly string[],
  own: ReadonlyMap<string, string>,
  source: string,
): string | undefined {
  let isAllowed = true
  for (const { action, selector, updates } of sourcePolicyFor({ images }, own).rules) {
    if (!new RegExp(selector?.identifier ?? '').test(source)) continue
    if (action === 'convert') return taken(images, own, updates?.identifier ?? '')
    isAllowed = action === 'allow'
  }
  return isAllowed ? source : undefined
}

const NONE = new Map<string, string>()
const OWN = new Map([['docker.io/library/app:1', 'ai-worker.dockgate.invalid/docker.io/library/app:1']])

describe('an engine takes', () => {
  test('the images that the policy covers, and no others', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,4}(?:[._-][a-z0-9]{1,3})?$/)
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,5}$/), { nil: undefined })
    const pattern = fc
      .tuple(
        fc.array(fc.oneof(part, fc.constantFrom('*', '**', 'a*')), { minLength: 1, maxLength: 3 }),
        fc.option(fc.constantFrom('1', '1.*', 'latest'), { nil: undefined }),
      )
      .map(([parts, of]) => ['ghcr.io', ...parts].join('/') + (of === undefined ? '' : `:${of}`))
    const name = fc
      .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), tag)
      .map(([parts, of]) => ['ghcr.io', ...parts].join('/') + `:${of ?? 'latest'}`)
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 3 }), name, (patterns, written) => {
        const reference = parseReference(written)
        if (reference === undefined) return
        const source = `docker-image://${written}`
        expect(taken(patterns, NONE, source) !== undefined).toBe(someImageMatches(patterns, reference))
      }),
      { numRuns: 2_000 },
    )
  })

  test('every image there is where all are given, but no other worker’s own', () => {
    for (const source of ['docker.io/library/alpine:3', 'localhost:5000/a/b:1', `ghcr.io/a/b:1${DIGEST}`])
      expect(taken(['**'], OWN, `docker-image://${source}`)).toBeDefined()
    const others = 'docker-image://other.dockgate.invalid/docker.io/library/app:1'
    expect(taken(['**'], OWN, others)).toBeUndefined()
    expect(taken(['**:1.*'], OWN, 'docker-image://ghcr.io/a/b:1.2')).toBeDefined()
    expect(taken(['**:1.*'], OWN, 'docker-image://ghcr.io/a/b:2')).toBeUndefined()
  })

  test('them by digest too, which is decided on with the graph', () => {
    expect(
      taken(['docker.io/library/alpine:3'], NONE, `docker-image://docker.io/library/alpine:3${DIGEST}`),
    ).toBeDefined()
    expect(
      taken(['docker.io/library/alpine:3'], NONE, `docker-image://docker.io/library/alpine${DIGEST}`),
    ).toBeUndefined()
  })

  test('an own image in the place of what it is called, and what is not there anymore by its name', () => {
    const own = `docker-image://${OWN.get('docker.io/library/app:1')}`
    expect(taken([], OWN, 'docker-image://docker.io/library/app:1')).toBe(own)
    expect(taken(['docker.io/library/*'], OWN, 'docker-image://docker.io/library/app:1')).toBe(own)
    expect(taken([], OWN, own + DIGEST)).toBe(own + DIGEST)
  })

  test('what the client sends', () => {
    expect(taken([], NONE, 'local://context')).toBeDefined()
    expect(taken([], NONE, `http://buildkit-session/${'a'.repeat(25)}`)).toBeDefined()
  })

  test.each([
    'docker-image://docker.io/library/evil:1',
    'docker-image://docker.io/library/alpineX3:latest',
    'docker-image://other.dockgate.invalid/docker.io/library/app:1',
    'docker-image://ai-worker.dockgate.invalid/docker.io/library/other:1',
    'git://github.com/moby/moby.git',
    'https://example.com/x',
    'http://buildkit-session.example.com/aaaaaaaaaaaaaaaaaaaaaaaaa',
    'oci-layout://x',
    'blob://x',
    'x',
  ])('not %s', (source) => {
    expect(taken(['docker.io/library/alpine.3', 'other.dockgate.invalid/**'], OWN, source)).toBeUndefined()
  })
})
