/** The engine's published API as rows; README.md says what they are. */
import { readFileSync } from 'node:fs'

export interface Endpoint {
  readonly method: string
  readonly path: string
  readonly operation: string
}

export interface Parameter {
  readonly method: string
  readonly path: string
  readonly place: string
  readonly name: string
  readonly type: string
}

export interface BodyField {
  readonly method: string
  readonly path: string
  /** `HostConfig.Mounts[].Type`; `$` is the whole body. */
  readonly field: string
  readonly type: string
}

export const ENDPOINTS: readonly Endpoint[] = rows('endpoints').map(
  ([method = '', path = '', operation = '']) => ({ method, path, operation }),
)

export const PARAMETERS: readonly Parameter[] = rows('parameters').map(
  ([method = '', path = '', place = '', name = '', type = '']) => ({ method, path, place, name, type }),
)

export const BODY_FIELDS: readonly BodyField[] = rows('body-fields').map(
  ([method = '', path = '', field = '', type = '']) => ({ method, path, field, type }),
)

/** A field of an answer; `$` is the whole of it, `[]` an element of a list, `{*}` any key. */
export const ANSWER_FIELDS: readonly BodyField[] = rows('answer-fields').map(
  ([method = '', path = '', field = '', type = '']) => ({ method, path, field, type }),
)

/** Forms that descriptions before 1.41 name, and no engine had. */
export const NEVER_WERE = [
  'HostConfig.PortBindings.{*}.HostIp',
  'HostConfig.PortBindings.{*}.HostPort',
  'IPAM.Config[].{*}',
  'Volumes.additionalProperties',
]

/** The fields of one body, as engines have them. */
export function fieldsOf(method: string, path: string): readonly BodyField[] {
  return BODY_FIELDS.filter(
    ({ field, ...of }) =>
      of.method === method && of.path === path && field !== '$' && !NEVER_WERE.includes(field),
  )
}

function rows(name: string): readonly (readonly string[])[] {
  const text = readFileSync(new URL(`${name}.tsv`, import.meta.url), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
}
