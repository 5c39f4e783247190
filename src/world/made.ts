/** What own containers were made with, as the store keeps it: the body of a create, without anything that no policy speaks of. */
import { JsonError, parseJson } from '../decode/json.ts'
import { FieldError, type Finding } from '../decode/fields.ts'
import { containerCreateBody } from '../decode/operations/container-create-body.ts'
import { readContainerCreate, type ContainerCreate } from '../decode/operations/container-create.ts'
import type { Change, Store } from '../record/store.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { ASKED, HELD } from './made-body.ts'

/** What is held in a place, and whether it is mounted read-only wherever it is. */
export interface HeldSource {
  readonly path: string
  readonly readOnly: boolean
  /** Whether an engine that starts the container by itself misses it where it is not held, and makes nothing in its place. */
  readonly missed: boolean
}

export class MadeWith {
  /** By the nonce of the claim that the container was made under. */
  readonly #texts = new Map<string, string>()
  readonly #read = new Map<string, ContainerCreate | undefined>()
  readonly #asked = new Map<string, Unknown>()
  readonly #held = new Map<string, ReadonlyMap<string, HeldSource>>()

  constructor(store: Pick<Store, 'made'>) {
    for (const { nonce, text } of store.made()) this.#texts.set(nonce, text)
  }

  /** The create that makes the same container; undefined where none is known. */
  get(nonce: string): ContainerCreate | undefined {
    if (!this.#read.has(nonce)) this.#read.set(nonce, read(this.#texts.get(nonce)))
    return this.#read.get(nonce)
  }

  /** What its create asked for, as it was written; nothing of what was made before that was kept. */
  asked(nonce: string): Unknown {
    const known = this.#asked.get(nonce)
    if (known !== undefined) return known
    const asked = objectOf(objectOf(JSON.parse(this.#texts.get(nonce) ?? '{}'))[ASKED])
    this.#asked.set(nonce, asked)
    return asked
  }

  /** Paths that the gate holds for it, by the places that the engine was given. */
  held(nonce: string): ReadonlyMap<string, HeldSource> {
    const known = this.#held.get(nonce)
    if (known !== undefined) return known
    const written = objectOf(objectOf(JSON.parse(this.#texts.get(nonce) ?? '{}'))[HELD])
    const sourceOf = ({ path, readOnly, missed }: Unknown): HeldSource => ({
      path: textOf(path),
      readOnly: readOnly === true,
      missed: missed === true,
    })
    const held = new Map(Object.entries(written).map(([place, one]) => [place, sourceOf(objectOf(one))]))
    this.#held.set(nonce, held)
    return held
  }

  /** Notes what is held for it: after a reboot it is held again. Returns the change to write. */
  hold(nonce: string, places: ReadonlyMap<string, HeldSource>): Change {
    const body = objectOf(JSON.parse(this.#texts.get(nonce) ?? '{}'))
    return this.put(nonce, JSON.stringify({ ...body, [HELD]: Object.fromEntries(places) }))
  }

  /** The body of that create; undefined where none is known. */
  textOf(nonce: string): string | undefined {
    return this.#texts.get(nonce)
  }

  /** Keeps it, in the place of what was kept. Returns the change to write. */
  put(nonce: string, text: string): Change {
    this.#texts.set(nonce, text)
    this.#read.delete(nonce)
    this.#asked.delete(nonce)
    this.#held.delete(nonce)
    return { type: 'make', made: { nonce, text } }
  }

  /** It may be another by now. Returns the change to write. */
  doubt(nonce: string): Change {
    this.forget(nonce)
    return { type: 'unmake', nonce }
  }

  /** The container is gone, or was not made; the store forgets it with its owner or claim. */
  forget(nonce: string): void {
    this.#texts.delete(nonce)
    this.#read.delete(nonce)
    this.#asked.delete(nonce)
    this.#held.delete(nonce)
  }
}

/** The create of a body, read as a client's is; undefined where it can't be, or says what no policy lets through. */
function read(text: string | undefined): ContainerCreate | undefined {
  if (text === undefined) return undefined
  const findings: Finding[] = []
  try {
    const parsed = parseJson(Buffer.from(text))
    if (parsed instanceof Map) for (const beside of [ASKED, HELD]) parsed.delete(beside)
    const body = containerCreateBody.read(parsed, '', findings)
    const create = readContainerCreate(body, NO_QUERY, findings)
    return findings.length === 0 ? create : undefined
  } catch (cause) {
    if (cause instanceof FieldError || cause instanceof JsonError) return undefined
    throw cause
  }
}

const NO_QUERY = { name: undefined, platform: undefined }
