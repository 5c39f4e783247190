/** Registry credentials of a build (`X-Registry-Config`: one for each registry), as a pull takes them (`X-Registry-Auth`). */
import { JsonError, parseJson, type Json } from './json.ts'
import type { ImageReference } from './reference.ts'

/** What is passed on of them (API, AuthConfig). */
const FIELDS = ['username', 'password', 'auth', 'serveraddress', 'identitytoken', 'registrytoken']
/** How clients call Docker Hub (docker CLI, config file). */
const HUB = 'index.docker.io'

/**
 * The credentials for an image's registry.
 * @param config base64url JSON. Returns the same form, or undefined where there are none
 */
export function credentialsFor(config: string | undefined, { name }: ImageReference): string | undefined {
  const all = config === undefined ? undefined : readJson(config)
  if (!(all instanceof Map)) return undefined
  const host = name.slice(0, name.indexOf('/'))
  const wanted = host === 'docker.io' ? HUB : host
  const found = [...all].find(([address]) => hostOf(address) === wanted)?.[1]
  if (!(found instanceof Map)) return undefined
  const fields = FIELDS.flatMap((field) => {
    const value = found.get(field)
    return typeof value === 'string' ? [[field, value] as const] : []
  })
  return Buffer.from(JSON.stringify(Object.fromEntries(fields))).toString('base64url')
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
