import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { policyJsonSchema } from './json-schema.ts'
import { parsePolicy } from './parse.ts'
import { starterPolicy } from './starter.ts'

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

describe('what scripts/schema.ts generates', () => {
  test("schema/policy.schema.json is the source's schema", () => {
    expect(read('schema/policy.schema.json')).toBe(policyJsonSchema())
  })

  test('policies/ai-worker.yaml is the policy to start from, and it is a good one', () => {
    const text = read('policies/ai-worker.yaml')
    expect(text).toBe(
      starterPolicy({ worker: 'ai-worker', engine: undefined, schema: '../schema/policy.schema.json' }),
    )
    expect(parsePolicy(text, 'ai-worker.yaml')).not.toHaveProperty('problems')
  })
})
