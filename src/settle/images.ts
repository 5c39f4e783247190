/** Whose the images and names are that a call brings: the worker's, if they were not here before. */
import { Transform, type TransformCallback } from 'node:stream'
import { parseReference, storedReference } from '../decode/reference.ts'
import type { Reply } from '../forward/reply.ts'
import type {
  BuildPermit,
  CommitPermit,
  ImportPermit,
  LoadPermit,
  Permit,
  PullPermit,
  PushPermit,
  TagPermit,
} from '../policy/verdict.ts'
import type { World } from '../resolve/resolve.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import type { Change } from '../store/store.ts'

/** What can bring an image, or a name for one. */
type Bringing = BuildPermit | CommitPermit | ImportPermit | LoadPermit | PullPermit | PushPermit | TagPermit

export function bringsImages(permit: Permit): permit is Bringing {
  return ['build', 'commit', 'import', 'load', 'pull', 'push', 'tag'].includes(permit.on)
}

/** What is known, and a way to know it anew. */
interface Listed extends Pick<World, 'inventory' | 'ownership'> {
  readonly feed: { refreshImages(): Promise<void> }
}

const NO_LIMITS = { memory: 0, nanoCpus: 0 }
/** Characters of an answer in which an id may be cut in two. */
const OVERLAP = 200
/** How engines tell of a new image: what a build, an import or a load has made. */
const MADE = /"(?:ID|stream|status)":"(?:Loaded image ID: )?(sha256:[0-9a-f]{64})/g

export class NewImages {
  readonly #gate: Listed
  readonly #worker: string
  readonly #permit: Bringing
  readonly #before: ReadonlySet<string>
  /** Names that were another's before: they stay so. */
  readonly #others: ReadonlySet<string>
  readonly #made = new Set<string>()
  #given: readonly string[]
  #tail = ''

  private constructor(gate: Listed, worker: string, permit: Bringing) {
    const { inventory, ownership } = gate
    this.#gate = gate
    this.#worker = worker
    this.#permit = permit
    this.#given = permit.on === 'push' ? pushed(permit, inventory.tagsOf(permit.name)) : namesOf(permit)
    this.#before = new Set(inventory.imageIds())
    this.#others = new Set(
      [...inventory.imageNames()].filter(
        (name) => !ownership.ownsTag(worker, name, inventory.imageNamed(name)?.id ?? ''),
      ),
    )
  }

  /** To be called before the engine is asked: notes what is here. */
  static async before(gate: Listed, worker: string, permit: Bringing): Promise<NewImages> {
    await gate.feed.refreshImages()
    return new NewImages(gate, worker, permit)
  }

  /** Names that turned out to be given: those in an archive that is loaded. */
  give(names: readonly string[]): void {
    this.#given = names
  }

  /** Takes over what a whole reply tells. Resolves with the changes to write. */
  async settle(reply: Extract<Reply, { kind: 'whole' }>): Promise<readonly Change[]> {
    if (this.#permit.on === 'commit')
      this.#made.add(textOf(objectOf(JSON.parse(reply.body.toString()))['Id']))
    return this.take()
  }

  /** Takes over what is here now. Resolves with the changes to write. */
  async take(): Promise<readonly Change[]> {
    await this.#gate.feed.refreshImages()
    return this.#own()
  }

  /**
   * The reply with its end held back until the new images are known.
   * @param settled is called then with the changes to write
   */
  follow(reply: Extract<Reply, { kind: 'stream' }>, settled: (changes: readonly Change[]) => void): Reply {
    const body = new Transform({
      transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
        this.#look(chunk)
        done(null, chunk)
      },
      flush: (done) => void settle().then(() => done()),
    })
    let settling: Promise<void> | undefined
    const settle = (): Promise<void> => (settling ??= this.take().then(settled))
    reply.body.once('error', (cause) => body.destroy(cause))
    // A client that goes away ends the engine's work; what it has brought by then is still the worker's.
    body.once('close', () => {
      reply.body.destroy()
      void settle()
    })
    return { ...reply, body: reply.body.pipe(body) }
  }

  #look(chunk: Buffer): void {
    if (!['build', 'import', 'load'].includes(this.#permit.on)) return
    const text = this.#tail + chunk.toString('latin1')
    for (const [, id = ''] of text.matchAll(MADE)) this.#made.add(id)
    this.#tail = text.slice(-OVERLAP)
  }

  /** New images become the worker's, and so do names that were free or its own. */
  #own(): readonly Change[] {
    const { inventory, ownership } = this.#gate
    const names = this.#given.flatMap((given) => {
      const image = inventory.imageNamed(given)
      return image === undefined
        ? []
        : [given, ...image.names.filter((name) => this.#isDigestOf(name, given))]
    })
    const tags = names.filter((name) => !this.#others.has(name) && !this.#isGivenByOther(name))
    const images = new Set([...names.map((name) => inventory.imageNamed(name)?.id ?? ''), ...this.#made])
    return [
      ...[...images]
        .filter((id) => inventory.image(id) !== undefined && !this.#before.has(id))
        .filter((id) => ownership.owner('image', id) === undefined)
        .map((id) => ownership.settle(ownership.claim('image', this.#worker, NO_LIMITS), id, '')),
      ...tags.flatMap((name) => {
        const image = inventory.imageNamed(name)
        if (image === undefined || ownership.ownsTag(this.#worker, name, image.id)) return []
        return [ownership.settle(ownership.claim('tag', this.#worker, NO_LIMITS), name, image.id)]
      }),
    ]
  }

  /** Whether another worker gives that name at this moment, or gave it to the image that has it while this call went on. */
  #isGivenByOther(name: string): boolean {
    const { inventory, ownership } = this.#gate
    const giver = ownership.namesGiven.workerOf(name)
    if (giver !== undefined && giver !== this.#worker) return true
    const owned = ownership.get('tag', name)
    return (
      owned !== undefined && owned.worker !== this.#worker && owned.name === inventory.imageNamed(name)?.id
    )
  }

  /** A pull and a push give an image the digest that it has in that repository. */
  #isDigestOf(name: string, given: string): boolean {
    if (this.#permit.on !== 'pull' && this.#permit.on !== 'push') return false
    const repository = parseReference(given)?.name
    return repository !== undefined && name.startsWith(`${repository}@`)
  }
}

/** Names that a permit gives, as the engine lists them. */
function namesOf(permit: Exclude<Bringing, PushPermit>): readonly string[] {
  switch (permit.on) {
    case 'build':
      return permit.tags
    case 'tag':
    case 'commit':
    case 'import':
      return permit.name === undefined ? [] : [permit.name]
    case 'pull': {
      const { name, tag } = permit
      return [tag.startsWith('sha256:') ? `${name}@${tag}` : `${name}:${tag}`]
    }
    case 'load':
      return []
  }
}

function pushed({ name, tag }: PushPermit, all: readonly string[]): readonly string[] {
  return tag === undefined ? all : [`${name}:${tag}`]
}

/** Names as the engine lists them. */
export function storedNames(written: readonly string[]): readonly string[] {
  return written.flatMap((name) => {
    const reference = parseReference(name)
    return reference === undefined ? [] : [storedReference(reference)]
  })
}
