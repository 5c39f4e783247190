/** The policy file's form as JSON Schema, for editors. */
import * as z from 'zod'
import { policyFile } from './schema.ts'

/** The schema as text, as it stands in schema/policy.schema.json. */
export function policyJsonSchema(): string {
  const title = 'Dockgate policy'
  return `${JSON.stringify({ title, ...z.toJSONSchema(policyFile, { io: 'input' }) }, undefined, 2)}\n`
}
