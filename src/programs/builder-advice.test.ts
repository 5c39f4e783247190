import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { beginsBuild, withoutBuilderAdvice } from './builder-advice.ts'

const ADVICE =
  'DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n' +
  '            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0\n' +
  '            environment-variable.\n\n'

/** What comes through of a text that comes in pieces of that many bytes. */
function through(written: string, size: number): Promise<string> {
  const stderr = new PassThrough()
  const rest = text(withoutBuilderAdvice(stderr))
  for (let at = 0; at < written.length; at += size) stderr.write(written.slice(at, at + size))
  stderr.end()
  return rest
}

describe.each([1, 7, 10_000])('in pieces of %i bytes', (size) => {
  test('the advice to use BuildKit is left out', async () => {
    expect(await through(`${ADVICE}refused\n\nmore\n`, size)).toBe('refused\n\nmore\n')
    expect(await through(ADVICE, size)).toBe('')
  })

  test.each(['', 'DEP', 'refused by policy\n', `later: ${ADVICE}`, ADVICE.slice(0, 60), 'D'.repeat(3000)])(
    'all else stays: %.20j',
    async (other) => {
      expect(await through(other, size)).toBe(other)
    },
  )
})

test('a build is seen by its word', () => {
  expect(beginsBuild(['-D', 'image', 'build', '.'])).toBe(true)
  expect(beginsBuild(['run', 'busybox'])).toBe(false)
})
