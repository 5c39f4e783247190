/** Writes what is generated from the source: the policy's JSON Schema, and the shipped starter policy. */
import { writeFileSync } from 'node:fs'
import { policyJsonSchema } from '../src/policy/json-schema.ts'
import { starterPolicy } from '../src/policy/starter.ts'

const root = new URL('../', import.meta.url)
const start = { worker: 'ai-worker', engine: undefined, schema: '../schema/policy.schema.json' }

writeFileSync(new URL('schema/policy.schema.json', root), policyJsonSchema())
writeFileSync(new URL('policies/ai-worker.yaml', root), starterPolicy(start))
