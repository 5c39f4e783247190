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
import { namelessParents } from '../resolve/images.ts'
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
/** Characters of an answer in which a line of an engine's own may be cut in two. */
const OVERLAP = 200
/**
 * How engines tell of a new image, in their own JSON: what a program prints is a string in it, whose quotes are escaped.
 * A build that is quiet tells nothing but the id.
 */
const MADE = {
  build: /"aux":\{"ID":"(sha256:[0-9a-f]{64})"/g,
  quiet: /"stream":"(sha256:[0-9a-f]{64})\\n"/g,
  import: /"status":"(sha256:[0-9a-f]{64})"/g,
  load: /"stream":"Loaded image ID: (sha256:[0-9a-f]{64})/g,
} as const
const FAILED = /"errorDetail":/
/** The last line of a pull that did what it was to do. */
const PULLED = /"status":"Status: (?:Downloaded newer image|Image is up to date)/

export class NewImages {
  readonly #world: Listed
  readonly #worker: string
  readonly #permit: Bringing
  readonly #before: ReadonlySet<string>
  /** Names that were another's before: they stay so. */
  readonly #others: ReadonlySet<string>
  readonly #made = new Set<string>()
  #bases: ReadonlySet<string> = new Set()
  #given: readonly string[]
  #failed = false
  /** Whether the engine did all of it. */
  #done = false
  #tail = ''

  private constructor(world: Listed, worker: string, permit: Bringing) {
    const { inventory, ownership } = world
    this.#world = world
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
  static async before(world: Listed, worker: string, permit: Bringing): Promise<NewImages> {
    await world.feed.refreshImages()
    return new NewImages(world, worker, permit)
  }

  /** Names that turned out to be given: those in an archive that is loaded. */
  give(names: readonly string[]): void {
    this.#given = names
  }

  /** Ids of the images that a build begins with: what is built upon them is the worker's. */
  buildUpon(ids: Iterable<string>): void {
    this.#bases = new Set(ids)
  }

  /** Takes over what a whole reply tells. Resolves with the changes to write. */
  async settle(reply: Extract<Reply, { kind: 'whole' }>): Promise<readonly Change[]> {
    if (this.#permit.on === 'commit')
      this.#made.add(textOf(objectOf(JSON.parse(reply.body.toString()))['Id']))
    if (this.#permit.on === 'tag') this.#made.add(this.#permit.image)
    return this.take()
  }

  /** Takes over what is here now. Resolves with the changes to write. */
  async take(): Promise<readonly Change[]> {
    await this.#world.feed.refreshImages()
    return this.#own()
  }

  /**
   * The reply with its end held back until the new images are known.
   * @param settled is called then with the changes to write
   */
  follow(reply: Extract<Reply, { kind: 'stream' }>, settled: (changes: readonly Change[]) => void): Reply {
    const body = new Transform({
      transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
        this.look(chunk.toString('latin1'))
        done(null, chunk)
      },
      flush: (done) => {
        this.end()
        void settle().then(() => done())
      },
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

  /** Looks at a part of the engine's answer, in order. */
  look(part: string): void {
    const text = this.#tail + part
    const made = this.#waysToTell()
    if (made !== undefined) for (const [, id = ''] of text.matchAll(made)) this.#made.add(id)
    this.#failed ||= FAILED.test(text)
    this.#done ||= this.#permit.on === 'pull' && PULLED.test(text)
    this.#tail = text.slice(-OVERLAP)
  }

  /** The answer is there to its end. */
  end(): void {
    this.#done = !this.#failed
  }

  /** What is there by this call alone, as far as that is known: names that it gave, and ids of what it made. */
  brought(): readonly string[] {
    switch (this.#permit.on) {
      case 'build':
      case 'import':
      case 'load':
        return [...this.#given.filter((name) => this.#hasGiven(name)), ...this.#made]
      case 'commit':
      case 'pull':
      case 'push':
      case 'tag':
        return []
    }
  }

  #waysToTell(): RegExp | undefined {
    switch (this.#permit.on) {
      case 'build':
        return this.#permit.operation.parameters.q === true ? MADE.quiet : MADE.build
      case 'import':
        return MADE.import
      case 'load':
        return MADE.load
      case 'commit':
      case 'pull':
      case 'push':
      case 'tag':
        return undefined
    }
  }

  /** New images become the worker's, and so do names that were free or its own. */
  #own(): readonly Change[] {
    const { inventory, ownership } = this.#world
    const names = this.#given
      .filter((given) => this.#hasGiven(given))
      .flatMap((given) => {
        const image = inventory.imageNamed(given)
        return [given, ...(image?.names.filter((name) => this.#isDigestOf(name, given)) ?? [])]
      })
    const images = new Set([...names.map((name) => inventory.imageNamed(name)?.id ?? ''), ...this.#made])
    const brought = [...images].filter((id) => inventory.image(id) !== undefined && !this.#before.has(id))
    return [
      ...[...brought, ...this.#builtUpon()]
        .filter((id) => ownership.owner('image', id) === undefined)
        .map((id) => ownership.settle(ownership.claim('image', this.#worker, NO_LIMITS), id, '')),
      ...names
        .filter((name) => !this.#others.has(name) && !this.#isGivenByOther(name))
        .flatMap((name) => {
          const image = inventory.imageNamed(name)
          if (image === undefined || ownership.ownsTag(this.#worker, name, image.id)) return []
          return [ownership.settle(ownership.claim('tag', this.#worker, NO_LIMITS), name, image.id)]
        }),
    ]
  }

  /** Whether the name is on what this call brought: anybody can have given it meanwhile, and the call have failed. */
  #hasGiven(name: string): boolean {
    const id = this.#world.inventory.imageNamed(name)?.id
    switch (this.#permit.on) {
      case 'build':
      case 'commit':
      case 'import':
      case 'tag':
        return id !== undefined && this.#made.has(id)
      case 'load':
      case 'pull':
      case 'push':
        return id !== undefined && this.#done
    }
  }

  /**
   * Images without a name between what a build made and what it began with. Each chain begins with the worker's own label, so
   * that nobody else's build shares one.
   */
  #builtUpon(): readonly string[] {
    if (this.#permit.on !== 'build') return []
    const found = new Set<string>()
    for (const id of this.#made)
      for (const parent of namelessParents(this.#world.inventory, id)) {
        if (this.#bases.has(parent) || this.#world.ownership.owner('image', parent) !== undefined) break
        found.add(parent)
      }
    return [...found]
  }

  /** Whether another worker gives that name at this moment, or gave it to the image that has it while this call went on. */
  #isGivenByOther(name: string): boolean {
    const { inventory, ownership } = this.#world
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
