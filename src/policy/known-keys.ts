/** The keys that the schema knows at a place of the file. */
import * as z from 'zod'
import { policyFile } from './schema.ts'

/** Keys of the map at `path`; none where the author chooses them, or where there is no map. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = mapOrList(policyFile)
  for (const step of path) {
    if (schema instanceof z.ZodObject) schema = mapOrList(schema.shape[String(step)])
    else if (schema instanceof z.ZodRecord) schema = mapOrList(schema.valueType)
    else if (schema instanceof z.ZodArray) schema = mapOrList(schema.element)
  }
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape)
  if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum)
    return schema.keyType.options.map(String)
  return []
}

/** The map or list under defaults, transformations and alternatives. */
function mapOrList(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return mapOrList(schema.unwrap())
  if (schema instanceof z.ZodPipe) return mapOrList(schema.in)
  if (schema instanceof z.ZodUnion)
    return schema.options.map(mapOrList).find((option) => option instanceof z.ZodObject)
  return schema
}
