/** The keys that the schema knows at a place of the file. */
import * as z from 'zod'
import { policyFile } from './schema.ts'

/** Keys of the map at `path`; none where the author chooses them, or where there is no map. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = policyFile
  for (const step of path) {
    const holder = mapOrList(schema, typeof step === 'number')
    if (holder instanceof z.ZodObject) schema = holder.shape[String(step)]
    else if (holder instanceof z.ZodRecord) schema = holder.valueType
    else if (holder instanceof z.ZodArray) schema = holder.element
  }
  const map = mapOrList(schema, false)
  if (map instanceof z.ZodObject) return Object.keys(map.shape)
  if (map instanceof z.ZodRecord && map.keyType instanceof z.ZodEnum) return map.keyType.options.map(String)
  return []
}

/** The map or list under defaults, transformations and alternatives. @param isList which of two alternatives is meant */
function mapOrList(schema: unknown, isList: boolean): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault)
    return mapOrList(schema.unwrap(), isList)
  if (schema instanceof z.ZodPipe) return mapOrList(schema.in, isList)
  if (!(schema instanceof z.ZodUnion)) return schema
  const wanted = isList ? z.ZodArray : z.ZodObject
  return schema.options.map((option) => mapOrList(option, isList)).find((option) => option instanceof wanted)
}
