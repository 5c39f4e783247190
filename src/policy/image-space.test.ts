import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { familiar, fullReference, parseReference } from '../decode/reference.ts'
import { ImageSpace, imageHostOf } from './image-space.ts'

const own = new ImageSpace(imageHostOf('ai-worker'))
const shared = new ImageSpace('')

const component = fc.stringMatching(/^[a-z0-9]{1,6}(?:(?:[._]|__|--?)[a-z0-9]{1,4})?$/)
const host = fc.oneof(
  fc.constantFrom(
    'docker.io',
    'localhost',
    'localhost:5000',
    '127.0.0.1:5000',
    'ghcr.io',
    'a-b.c-d.example:443',
  ),
  fc.constantFrom(
    'ai-worker.dockgate.invalid',
    'other.dockgate.invalid',
    'ai-worker.dockgate.invalid.example',
  ),
)
const suffix = fc.oneof(
  fc.constant(''),
  fc.stringMatching(/^:[A-Za-z0-9_][A-Za-z0-9_.-]{0,6}$/),
  fc.constant(`@sha256:${'a'.repeat(64)}`),
)
/** References as people write them, with a registry or not. */
const aReference = fc
  .tuple(fc.option(host), fc.array(component, { minLength: 1, maxLength: 3 }), suffix)
  .map(([registry, path, end]) => [...(registry === null ? [] : [registry]), ...path].join('/') + end)
  .filter((text) => parseReference(text) !== undefined)

const innerOf = (written: string): string => {
  const reference = parseReference(written)
  if (reference === undefined) throw new Error(`${written} is no reference`)
  return fullReference(own.nameOf(reference))
}

describe('names of a worker’s own images', () => {
  test.each([
    ['app', 'ai-worker.dockgate.invalid/docker.io/library/app:latest'],
    ['mine/app:1', 'ai-worker.dockgate.invalid/docker.io/mine/app:1'],
    ['127.0.0.1:5000/team/app:1', 'ai-worker.dockgate.invalid/127.0.0.1__5000/team/app:1'],
    ['ghcr.io/acme/app', 'ai-worker.dockgate.invalid/ghcr.io/acme/app:latest'],
  ])('%s is %s on the engine', (written, inner) => {
    expect(innerOf(written)).toBe(inner)
  })

  test('are references, and told as they were said', () => {
    fc.assert(
      fc.property(aReference, (written) => {
        const inner = innerOf(written)
        const full = fullReference(parseReference(written) ?? { name: '', tag: '', digest: '' })
        expect(fullReference(parseReference(inner) ?? { name: '', tag: '', digest: '' })).toBe(inner)
        expect([own.inFull(inner), own.inWords(inner)]).toEqual([full, familiar(full)])
        expect(own.holds(inner)).toBe(true)
      }),
    )
  })

  test('are each that of one word, and of no other worker’s', () => {
    const others = ['ai', 'worker', 'ai-worker2', 'dockgate'].map((name) => new ImageSpace(imageHostOf(name)))
    fc.assert(
      fc.property(aReference, aReference, (one, other) => {
        const [first, second] = [one, other].map(innerOf)
        const isSame = familiarOf(one) === familiarOf(other)
        expect(first === second).toBe(isSame)
        for (const space of [...others, shared]) {
          expect(space.holds(first ?? '')).toBe(false)
          expect(space.inWords(first ?? '')).toBe(first)
        }
      }),
    )
  })

  test.each([
    ['No such image: ai-worker.dockgate.invalid/docker.io/library/app:1', 'No such image: app:1'],
    ['Loaded image: ai-worker.dockgate.invalid/ghcr.io/acme/app:1\n', 'Loaded image: ghcr.io/acme/app:1\n'],
    ['for "ai-worker.dockgate.invalid/localhost__5000/a/b:c@d", say', 'for "localhost:5000/a/b:c@d", say'],
    // Others.
    [
      'x-ai-worker.dockgate.invalid/docker.io/library/app',
      'x-ai-worker.dockgate.invalid/docker.io/library/app',
    ],
    ['/srv/ai-worker.dockgate.invalid/docker.io/app', '/srv/ai-worker.dockgate.invalid/docker.io/app'],
    ['ai-worker.dockgate.invalid', 'ai-worker.dockgate.invalid'],
  ])('are told in texts: %s', (text, told) => {
    expect(own.inWords(text)).toBe(told)
    expect(shared.inWords(text)).toBe(text)
  })
})

function familiarOf(written: string): string {
  return familiar(fullReference(parseReference(written) ?? { name: '', tag: '', digest: '' }))
}
