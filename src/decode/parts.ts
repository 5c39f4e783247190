/** The parts of a request, as it came and as its endpoint reads them. */
import { record, refused, type Field, type Finding } from './fields.ts'
import type { Json, JsonObject } from './json.ts'

/** A request before its fields are read. */
export interface Parts {
  /** The path's object, `web` in /containers/web/json; empty where the path has none. */
  readonly name: string
  readonly query: JsonObject
  readonly body: Json
  readonly header: (name: string) => string | undefined
  readonly findings: Finding[]
}

/** A request whose fields were read by what its endpoint takes. */
export interface Given<Query, Body = undefined, Headers = object> extends Pick<
  Parts,
  'name' | 'header' | 'findings'
> {
  readonly parameters: Query
  readonly body: Body
  readonly headers: Headers
}

/** A query without parameters, a body or headers without fields. */
export const noFields = record({})

/** Of an endpoint that takes none; what in it says the same as the query was looked for before (decode.ts). */
export const noBody: Field<undefined> = {
  ...refused('this endpoint takes no body'),
  read: () => undefined,
}

/** A container as clients name it: its name, its id or the start of one. */
export function containerReference(name: string): string {
  // `docker inspect NAME` asks for images by this path too; no container has such a name, so it is simply not found.
  return name.replace(/^\//, '')
}
