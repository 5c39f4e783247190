/**
 * What an engine calls a worker's builds and sessions: names of the gate's own, so that no worker names another's. And what keeps
 * steps of one worker's builds apart from those of others.
 */
import { createHmac, randomInt } from 'node:crypto'

/** What stands in steps of a worker's builds, so that no build of another's has the same: nobody else can know any of it. */
export interface BuildSalts {
  /** The group of processes that all steps of its builds are in. */
  readonly cgroupParent: string
  /** What names of kept folders begin with. */
  readonly cachePrefix: string
  /** A name that no file has. */
  readonly noFile: string
}

const LENGTH = 32

export class Builds {
  readonly #secret: Buffer
  readonly #names = new Map<string, BuildNames>()

  constructor(secret: Buffer) {
    this.#secret = secret
  }

  /** @param worker as in the record */
  saltsOf(worker: string): BuildSalts {
    const salt = (purpose: string): string => this.#hmac(`${purpose} ${worker}`)
    return {
      cgroupParent: `dockgate/${salt('steps')}`,
      cachePrefix: `${salt('folders')}-`,
      noFile: `.dockgate-${salt('files')}`,
    }
  }

  /** By what an engine knows a folder of a worker again. */
  sharedKeyOf(worker: string, key: string): string {
    // Those without a key would share one folder with everybody's.
    return this.#hmac(`sources ${worker} ${key}`)
  }

  namesOf(worker: string): BuildNames {
    const known = this.#names.get(worker)
    if (known !== undefined) return known
    const names = new BuildNames()
    this.#names.set(worker, names)
    return names
  }

  #hmac(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('hex').slice(0, LENGTH)
  }
}

/** Names of a worker's builds and sessions. */
export class BuildNames {
  readonly sessions = new Names()
  readonly refs = new Names()
  /** Sessions that are open. */
  open = 0
  /** Digests of steps that came of its Dockerfiles lately. */
  readonly steps = new Recent()
}

interface Name {
  readonly id: string
  /** How many go by it. */
  held: number
  /** By `performance.now`. */
  used: number
}

/** Names that nobody goes by any more are kept for a minute: docker asks for what became of a build when it is over. */
const KEPT = 60_000
const MOST = 1_000

/** The gate's own, by what the client says: made where it is first said. */
class Names {
  readonly #names = new Map<string, Name>()
  readonly #own = new Set<string>()

  of(said: string): string {
    return this.#nameOf(said).id
  }

  /** Keeps one of them until it is given back by what is returned. */
  hold(id: string): () => void {
    const name = [...this.#names.values()].find((each) => each.id === id)
    if (name === undefined) return () => undefined
    name.held += 1
    return () => {
      name.held -= 1
      name.used = performance.now()
    }
  }

  /** All of the gate's own. */
  get own(): ReadonlySet<string> {
    return this.#own
  }

  #nameOf(said: string): Name {
    const known = this.#names.get(said)
    if (known !== undefined) {
      known.used = performance.now()
      return known
    }
    this.#forget()
    const name = { id: newId(), held: 0, used: performance.now() }
    this.#names.set(said, name)
    this.#own.add(name.id)
    return name
  }

  #forget(): void {
    const now = performance.now()
    for (const [said, { id, held, used }] of this.#names)
      if (held === 0 && (now - used > KEPT || this.#names.size >= MOST)) {
        this.#names.delete(said)
        this.#own.delete(id)
      }
  }
}

/** Digests of steps that are kept for each worker. */
const MOST_RECENT = 20_000

/** What was there lately. */
class Recent {
  readonly #all = new Set<string>()

  add(one: string): void {
    this.#all.delete(one)
    this.#all.add(one)
    const [oldest] = this.#all
    if (this.#all.size > MOST_RECENT && oldest !== undefined) this.#all.delete(oldest)
  }

  get all(): ReadonlySet<string> {
    return this.#all
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'
/** As BuildKit has them (identity.NewID). */
const ID_LENGTH = 25

/** A name that nobody can guess. */
export function newId(): string {
  return Array.from({ length: ID_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
