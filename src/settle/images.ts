/** Whose the images and names are that a call brings: the worker's, if they were not here before. */
import { Transform, type TransformCallback } from 'node:stream'
import { parseReference } from '../decode/reference.ts'
import { errorReply, type Reply } from '../forward/reply.ts'
import { namelessParents } from '../resolve/images.ts'
import type { World } from '../resolve/resolve.ts'
import { familiar } from '../rewrite/image.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import type { Change } from '../store/store.ts'
import { namesGivenBy, type Bringing } from './bringing.ts'
import type { Named } from './names.ts'
import { Told } from './told.ts'

export interface Settled {
  readonly reply: Reply
  readonly changes: readonly Change[]
}

/** What is known, and a way to know it anew. */
interface Listed extends Pick<World, 'inventory' | 'ownership'> {
  readonly feed: { refreshImages(): Promise<void> }
}

/** Gives names to an image that a call has made. */
type Giver = (image: string, names: readonly string[]) => Promise<Named>

const NO_LIMITS = { memory: 0, nanoCpus: 0 }

export class NewImages {
  readonly #world: Listed
  readonly #worker: string
  readonly #permit: Bringing
  readonly #before: ReadonlySet<string>
  /** Names that were another's before: they stay so. */
  readonly #others: ReadonlySet<string>
  readonly #told: Told
  readonly #giver: Giver
  #bases: ReadonlySet<string> = new Set()
  #given: readonly string[]

  private constructor(world: Listed, worker: string, permit: Bringing, giver: Giver) {
    this.#giver = giver
    const { inventory, ownership } = world
    this.#world = world
    this.#worker = worker
    this.#permit = permit
    this.#told = new Told(permit)
    this.#given = namesGivenBy(permit, (repository) => inventory.tagsOf(repository))
    this.#before = new Set(inventory.imageIds())
    this.#others = new Set(
      [...inventory.imageNames()].filter(
        (name) => !ownership.ownsTag(worker, name, inventory.imageNamed(name)?.id ?? ''),
      ),
    )
  }

  /**
   * To be called before the engine is asked: notes what is here.
   * @param giver gives the names that a build, an import or a commit is to give
   */
  static async before(
    world: Listed,
    worker: string,
    permit: Bringing,
    giver: Giver = async () => NO_NAMES,
  ): Promise<NewImages> {
    await world.feed.refreshImages()
    return new NewImages(world, worker, permit, giver)
  }

  /** Names that turned out to be given: those in an archive that is loaded. */
  give(names: readonly string[]): void {
    this.#given = names
  }

  /** Ids of the images that a build begins with: what is built upon them is the worker's. */
  buildUpon(ids: Iterable<string>): void {
    this.#bases = new Set(ids)
  }

  /** Takes over what a whole reply tells. Resolves with the reply to send and the changes to write. */
  async settle(reply: Extract<Reply, { kind: 'whole' }>): Promise<Settled> {
    if (this.#permit.on === 'commit')
      this.#told.add(textOf(objectOf(JSON.parse(reply.body.toString()))['Id']))
    if (this.#permit.on === 'tag') this.#told.add(this.#permit.image)
    this.end()
    const { failed } = await this.#giveNames()
    const changes = await this.take()
    return { reply: failed.length === 0 ? reply : errorReply(409, failed.join('; ')), changes }
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
        const finish = async (): Promise<void> => {
          for (const line of linesOf(await this.#giveNames())) body.push(line)
          await settle()
        }
        finish().then(() => done(), done)
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
    this.#told.look(part)
  }

  /** The answer is there to its end. */
  end(): void {
    this.#told.end()
  }

  /** Gives the image that was made last its names; stages of a build tell of images too. */
  #giveNames(): Promise<Named> | Named {
    const image = [...this.#told.made].at(-1)
    const names = this.#permit.on === 'tag' ? [] : this.#given
    const makes = ['build', 'commit', 'import'].includes(this.#permit.on)
    return makes && this.#told.done && image !== undefined && names.length > 0
      ? this.#giver(image, names)
      : NO_NAMES
  }

  /** What is there by this call alone, as far as that is known: names that it gave, and ids of what it made. */
  brought(): readonly string[] {
    switch (this.#permit.on) {
      case 'build':
      case 'import':
      case 'load':
        return [...this.#given.filter((name) => this.#hasGiven(name)), ...this.#told.made]
      case 'commit':
      case 'pull':
      case 'push':
      case 'tag':
        return []
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
    const images = new Set([...names.map((name) => inventory.imageNamed(name)?.id ?? ''), ...this.#told.made])
    const brought = [...images].filter((id) => this.#isNew(id))
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

  /**
   * Whether this call brought an image. What a build makes carries the worker's label too; one that is there by a build that
   * failed has no name but those that are given now.
   */
  #isNew(id: string): boolean {
    const image = this.#world.inventory.image(id)
    if (image === undefined) return false
    if (this.#permit.on !== 'build') return !this.#before.has(id)
    const isLeft = (): boolean => image.names.every((name) => this.#given.includes(name))
    return image.worker === this.#worker && (!this.#before.has(id) || isLeft())
  }

  /** Whether the name is on what this call brought: anybody can have given it meanwhile, and the call have failed. */
  #hasGiven(name: string): boolean {
    const id = this.#world.inventory.imageNamed(name)?.id
    switch (this.#permit.on) {
      case 'build':
      case 'commit':
      case 'import':
      case 'tag':
        return id !== undefined && this.#told.made.has(id)
      case 'load':
      case 'pull':
      case 'push':
        return id !== undefined && this.#told.done
    }
  }

  /**
   * Images without a name between what a build made and what it began with. Each chain begins with the worker's own label, so
   * that nobody else's build shares one.
   */
  #builtUpon(): readonly string[] {
    if (this.#permit.on !== 'build') return []
    const found = new Set<string>()
    for (const id of this.#told.made)
      for (const parent of namelessParents(this.#world.inventory, id)) {
        const isMine = this.#world.inventory.image(parent)?.worker === this.#worker
        if (!isMine || this.#bases.has(parent) || this.#world.ownership.owner('image', parent) !== undefined)
          break
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

const NO_NAMES: Named = { given: [], failed: [] }

/** What came of names, as an engine tells it at the end of a build. */
function linesOf({ given, failed }: Named): readonly string[] {
  return [
    ...given.map((name) => ({ stream: `Successfully tagged ${familiar(name)}\n` })),
    ...failed.map((message) => ({ errorDetail: { message }, error: message })),
  ].map((line) => `${JSON.stringify(line)}\r\n`)
}
