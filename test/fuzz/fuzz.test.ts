/** Bytes that nobody would send, before every reader of bytes. */
import { describe, expect, test } from 'vitest'
import { seedFor, runs } from '../support/runs.ts'
import { corpusOf } from './corpus.ts'
import { fuzz } from './fuzz.ts'
import { isTarget, TARGETS } from './targets.ts'

const names = Object.keys(TARGETS).filter(isTarget)

describe.each(names)('the reader of %s', (name) => {
  test('reads every input that is kept without a fault', () => {
    for (const bytes of corpusOf(name)) TARGETS[name].read(bytes)
  })

  test('ends with its own errors alone, soon, and without growing', { timeout: 3_600_000 }, async () => {
    const { inputs, outcomes } = await fuzz(name, runs(5_000), seedFor(`fuzz ${name}`))
    console.log(`fuzz ${name}: ${inputs} inputs, ${outcomes} outcomes`)
    expect(inputs).toBeGreaterThan(corpusOf(name).length)
    expect(outcomes).toBeGreaterThan(2)
  })
})
