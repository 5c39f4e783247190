/** Credentials for registries: of a pull or a push (`X-Registry-Auth`), and of a build (`X-Registry-Config`: one for each registry). */
import { FieldError, forwarded, secret } from './fields.ts'
import { JsonError, parseJson, type Json } from './json.ts'
import type { ImageReference } from './reference.ts'
import { Secret } from './secret.ts'

/** Base64url of JSON, sent on as the same letters. */
export type Credentials = Secret<string>

const given = (): string => 'given'

/** The header. @throws {FieldError} where it is not base64 */
export const credentials = secret(forwarded(base64), given)

function base64(header: Json): string | undefined {
  if (header === '') return undefined
  if (typeof header !== 'string' || !/^[A-Za-z0-9_+/=-]{1,16384}$/.test(header))
    throw new FieldError('the registry credentials are not base64')
  return header
}

/** What is passed on of them (API, AuthConfig). */
const FIELDS = ['username', 'password', 'auth', 'serveraddress', 'identitytoken', 'registrytoken']
/** How clients call Docker Hub (docker CLI, config file). */
const HUB = 'index.docker.io'

/**
 * The credentials for an image's registry.
 * @param config those of a build. Returns those of a pull, or undefined where there are none
 */
export function credentialsFor(
  config: Credentials | undefined,
  { name }: ImageReference,
): Credentials | undefined {
  const all = config === undefined ? undefined : readJson(config.reveal())
  if (!(all instanceof Map)) return undefined
  const host = name.slice(0, name.indexOf('/'))
  const wanted = host === 'docker.io' ? HUB : host
  const found = [...all].find(([address]) => hostOf(address) === wanted)?.[1]
  if (!(found instanceof Map)) return undefined
  const fields = FIELDS.flatMap((field) => {
    const value = found.get(field)
    return typeof value === 'string' ? [[field, value] as const] : []
  })
  const text = Buffer.from(JSON.stringify(Object.fromEntries(fields))).toString('base64url')
  return new Secret(text, given)
}

/** Credentials that can't be read are none, as for an engine. */
function readJson(config: string): Json | undefined {
  try {
    return parseJson(Buffer.from(config, 'base64url'))
  } catch (cause) {
    if (cause instanceof JsonError) return undefined
    throw cause
  }
}

/** `https://index.docker.io/v1/` to its host. */
function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}
