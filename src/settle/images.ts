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

  #own(): readonly Change[] {
    const { inventory, ownership } = this.#gate
    const named = this.#names().flatMap((name) => inventory.imageNamed(name) ?? [])
    const all = [...named, ...this.#built().flatMap((id) => inventory.image(id) ?? [])]
    return all
      .filter(({ id }) => !this.#before.has(id) && ownership.owner('image', id) === undefined)
      .map(({ id, names }) =>
        ownership.settle(ownership.claim('image', this.#worker, NO_LIMITS), id, names[0] ?? ''),
      )
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
