/** Every field whose name speaks of a secret is marked as one, so that the record and whatever else writes operations tell nothing of it. */
import { describe, expect, test } from 'vitest'
import type { Field } from '../../src/decode/fields.ts'
import { ROUTES } from '../../src/decode/routes.ts'

/** Names that speak of secrets, as the engine's own do, and those of what such things are commonly kept in. */
const SUSPECT = /env|auth|pass|passwd|token|secret|credential|cookie|login|key|buildarg|changes|LogConfig\.Config/i

/** What a name seems to say, and is not. */
const NOT_SECRET: Readonly<Record<string, string>> = {
  'POST /build buildargs': 'an engine keeps them in the history of the image, which is not a place for secrets',
  'POST /session X-Docker-Expose-Session-Sharedkey': 'a folder’s name and a hash, by which an engine knows it again; it goes as another',
  'POST /commit author': 'who made the image',
  'GET /containers/{id}/attach/ws sec-websocket-key': 'it is not a key, but a number used once (RFC 6455)',
}
const PLAIN = /(?:^| )detachKeys$|(?:^| )DetachKeys$/

interface Leaf {
  readonly at: string
  readonly field: Field<unknown>
  readonly marked: boolean
}

/** Every field below one, with whether it or what it is in is marked. */
function leaves(field: Field<unknown>, at: string, above = false): readonly Leaf[] {
  const marked = above || field.secret === true
  const children = Object.entries(field.children)
  return [
    { at, field, marked },
    ...children.flatMap(([name, child]) => leaves(child, `${at}${/[ \]]$/.test(at) ? '' : '.'}${name}`, marked)),
  ]
}

const all = ROUTES.filter(({ content }) => content !== 'unread')
  .flatMap((route) => [route, ...(route.streamed === undefined ? [] : [{ ...route.streamed.decoder, endpoint: `${route.endpoint}?` }])])
  .flatMap(({ endpoint, query, body, headers }) => [query, body, headers].flatMap((field) => leaves(field, `${endpoint} `)))

const suspect = all.filter(
  ({ at, field }) => field.treatment !== 'refused' && SUSPECT.test(at.split(' ')[2] ?? '') && !PLAIN.test(at),
)

describe('fields that may hold a secret', () => {
  test('are marked, or it is said here why they hold none', () => {
    const silent = suspect.filter(({ marked }) => !marked).map(({ at }) => at)
    expect(silent.sort()).toEqual(Object.keys(NOT_SECRET).sort())
  })

  test('are all that is marked', () => {
    expect(all.filter(({ field }) => field.secret === true).map(({ at }) => at).sort()).toEqual([
      'POST /build X-Registry-Config',
      'POST /commit Env',
      'POST /commit changes',
      'POST /containers/create Env',
      'POST /containers/create HostConfig.LogConfig.Config',
      'POST /containers/{id}/exec Env',
      'POST /images/create X-Registry-Auth',
      'POST /images/create? changes',
      'GET /images/search X-Registry-Auth',
      'POST /images/{name}/push X-Registry-Auth',
    ].sort())
  })
})
