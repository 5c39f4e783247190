/** The parts of a request that a decoder has, and what many decoders read in them. */
import { FieldError, type Finding } from './fields.ts'
import type { Json, JsonObject } from './json.ts'

/** What a decoder has to work with. */
export interface Parts {
  readonly method: string
  /** The path's object, `web` in /containers/web/json; empty where the path has none. */
  readonly name: string
  readonly query: JsonObject
  readonly body: Json
  readonly header: (name: string) => string | undefined
  readonly findings: Finding[]
}

/** A container as clients name it: its name, its id or the start of one. */
export function containerReference(name: string): string {
  // `docker inspect NAME` asks for images by this path too; no container has such a name, so it is simply not found.
  return name.replace(/^\//, '')
}

/** Credentials for a registry: base64url of JSON, sent on as the same letters. @throws {FieldError} */
export function registryAuth(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined
  if (!/^[A-Za-z0-9_+/=-]{1,16384}$/.test(header))
    throw new FieldError('the registry credentials are not base64')
  return header
}
