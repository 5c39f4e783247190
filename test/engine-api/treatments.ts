/** What the source states of a row of the tables. */
import type { Field } from '../../src/decode/fields.ts'
import { ROUTES } from '../../src/decode/routes.ts'
import type { Route } from '../../src/decode/routes/route.ts'

export interface Stated {
  readonly treatment: string
  readonly why: string
}

const REFUSED: Stated = { treatment: 'refused', why: 'the endpoint is refused' }

/** What is stated of a parameter or header; undefined where nothing is. */
export function parameterTreatment(endpoint: string, place: string, name: string): Stated | undefined {
  if (isRefused(endpoint)) return REFUSED
  const route = routeOf(endpoint)
  return stated(place === 'header' ? route?.headers : route?.query, [name])
}

/** What is stated of a body or a field of one; undefined where nothing is. */
export function bodyTreatment(endpoint: string, path: string): Stated | undefined {
  if (isRefused(endpoint)) return REFUSED
  const { body, content } = routeOf(endpoint) ?? {}
  if (path !== '$') return stated(body, stepsOf(path))
  return content === 'stream' ? { treatment: 'forwarded', why: 'as it streams' } : body
}

function routeOf(endpoint: string): Route | undefined {
  return ROUTES.find((route) => route.endpoint === endpoint)
}

function isRefused(endpoint: string): boolean {
  return routeOf(endpoint)?.content === 'unread'
}

function stated(field: Field<unknown> | undefined, steps: readonly string[]): Stated | undefined {
  const [step, ...rest] = steps
  if (field === undefined || step === undefined) return field
  // What lies below a field that is refused is refused with it; a list of words is one value to its reader.
  if (field.treatment === 'refused' || (step === '[]' && Object.keys(field.children).length === 0)) return field
  return stated(Object.hasOwn(field.children, step) ? field.children[step] : undefined, rest)
}

/** `HostConfig.Mounts[].Type` step by step. */
function stepsOf(path: string): readonly string[] {
  return path.split('.').flatMap((name) => name.split(/(?=\[\])/))
}
