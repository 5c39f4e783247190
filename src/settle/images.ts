/** Whose the images are that a pull or a build brings: the worker's, if they were not here before. */
import { Transform, type TransformCallback } from 'node:stream'
import type { Reply } from '../forward/reply.ts'
import type { Gate } from '../gate.ts'
import type { BuildPermit, PullPermit } from '../policy/verdict.ts'
import type { Change } from '../store/store.ts'

const NO_LIMITS = { memory: 0, nanoCpus: 0 }
/** Characters of the end of a build's progress, where the new image's id stands. */
const TAIL = 4096

export class NewImages {
  readonly #gate: Gate
  readonly #worker: string
  readonly #permit: BuildPermit | PullPermit
  readonly #before: ReadonlySet<string>
  #tail = ''

  private constructor(gate: Gate, worker: string, permit: BuildPermit | PullPermit) {
    this.#gate = gate
    this.#worker = worker
    this.#permit = permit
    this.#before = new Set(gate.inventory.imageIds())
  }

  /** To be called before the engine is asked: notes what is here. */
  static async before(gate: Gate, worker: string, permit: BuildPermit | PullPermit): Promise<NewImages> {
    await gate.feed.refreshImages()
    return new NewImages(gate, worker, permit)
  }

  /**
   * The reply with its end held back until the new images are known.
   * @param settled is called then with the changes to write
   */
  follow(reply: Extract<Reply, { kind: 'stream' }>, settled: (changes: readonly Change[]) => void): Reply {
    const body = new Transform({
      transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
        this.#tail = (this.#tail + chunk.toString('latin1')).slice(-TAIL)
        done(null, chunk)
      },
      flush: (done) => {
        void this.#gate.feed.refreshImages().then(() => {
          settled(this.#own())
          done()
        })
      },
    })
    reply.body.once('error', (cause) => body.destroy(cause))
    // A client that goes away ends the engine's work; what it has brought by then is still the worker's.
    body.once('close', () => {
      if (reply.body.readableEnded) return
      reply.body.destroy()
      void this.#gate.feed.refreshImages().then(() => settled(this.#own()))
    })
    return { ...reply, body: reply.body.pipe(body) }
  }

  /** New images become the worker's; its own ones take on the names that were given. Names never hold spaces. */
  #own(): readonly Change[] {
    const { inventory, ownership } = this.#gate
    const given = this.#names()
    const named = given.flatMap((name) => inventory.imageNamed(name) ?? [])
    const all = new Set([...named, ...this.#built().flatMap((id) => inventory.image(id) ?? [])])
    return [...all].flatMap(({ id, names }) => {
      const owned = ownership.get('image', id)
      if (owned === undefined ? this.#before.has(id) : owned.worker !== this.#worker) return []
      const earlier = owned === undefined || owned.name === '' ? [] : owned.name.split(' ')
      const kept = new Set([...earlier, ...names.filter((name) => this.#gives(name, given))])
      return [ownership.settle(ownership.claim('image', this.#worker, NO_LIMITS), id, [...kept].join(' '))]
    })
  }

  /** A pull gives its tag, and the digest of the same repository. */
  #gives(name: string, given: readonly string[]): boolean {
    if (given.includes(name)) return true
    return this.#permit.on === 'pull' && name.startsWith(`${this.#permit.name}@`)
  }

  #names(): readonly string[] {
    if (this.#permit.on === 'build') return this.#permit.tags
    const { name, tag } = this.#permit
    return [tag.startsWith('sha256:') ? `${name}@${tag}` : `${name}:${tag}`]
  }

  /** Ids that the engine named as the build's result. */
  #built(): readonly string[] {
    if (this.#permit.on === 'pull') return []
    return [...this.#tail.matchAll(/"(?:ID|stream)":"(sha256:[0-9a-f]{64})/g)].flatMap(
      (match) => match[1] ?? [],
    )
  }
}
