/**
 * The folders of the host that workers may mount: opened when the policy is loaded, when the operator last vouched for them, and
 * held. What is below one is found from what is held, and not by its path.
 */
import { isWithin } from '../policy/paths.ts'
import type { BindRoot, Policy } from '../policy/policy.ts'
import {
  codeOf,
  makeDirectoryIn,
  openIn,
  reasonOf,
  setOwner,
  type Descriptor,
  type Owner,
} from '../files/descriptor.ts'
import type { HostPath } from '../files/host-path.ts'
import { enterAtTop, realPath, walk, WalkError } from '../files/walk.ts'
import type { Entrance, Missing, Place, WalkOptions } from '../files/walk.ts'
import { inTime } from './in-time.ts'
import type { Own } from './own.ts'
import { PinError } from './pins.ts'
import { rootComplaint, type FoundRoot } from './root-complaint.ts'

/** Told to the operator. */
type Tell = (message: string) => void
type Turn = () => Promise<void>

export class BindRoots {
  /** By path; where several workers have one, with the mode of whoever may write in it. */
  readonly #roots: ReadonlyMap<string, BindRoot>
  readonly #held = new Map<string, FoundRoot>()
  readonly #tell: Tell
  readonly #told = new Set<string>()
  readonly #own: readonly Own[]
  #users = 1

  private constructor(roots: ReadonlyMap<string, BindRoot>, tell: Tell, own: readonly Own[]) {
    this.#roots = roots
    this.#tell = tell
    this.#own = own
  }

  /**
   * Opens the roots of a policy. One that is not there yet is held once it is.
   * @param own what nobody is given: the gate's state directory, the engine's socket
   */
  static async open({ workers }: Policy, tell: Tell, own: readonly Own[] = []): Promise<BindRoots> {
    const roots = new Map<string, BindRoot>()
    for (const root of workers.flatMap(({ docker }) => docker.run.binds))
      if (roots.get(root.path)?.mode !== 'rw') roots.set(root.path, root)
    const opened = new BindRoots(roots, tell, own)
    // No folder holds up the policy, be it a worker's own file system.
    const inTheirTime = (look: (root: BindRoot) => Promise<HostPath>) =>
      Promise.all([...roots.values()].map((root) => inTime(look(root))))
    await inTheirTime((root) => opened.#hold(root))
    // Each against all.
    const found = await inTheirTime((root) => opened.#confirm(root))
    for (const [index, { path }] of [...roots.values()].entries())
      if (found[index] === undefined)
        tell(`${path} does not answer; nothing is mounted from it until it does`)
    return opened
  }

  /** For one more user, who closes it too. */
  share(): this {
    this.#users += 1
    return this
  }

  async close(): Promise<void> {
    this.#users -= 1
    if (this.#users > 0) return
    for (const { place } of this.#held.values()) await place.found.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * What a path is on the host. A root is found as long as it is what was held, and nobody else can move it.
   * @param turn called before each component that is looked up, and waited for
   */
  async find(path: string, turn?: Turn): Promise<HostPath> {
    const root = this.#roots.get(path) ?? this.#rootAt(path)
    if (root !== undefined) return this.#confirm(root, turn)
    const place = await this.#walk(path, { turn }).catch(missed)
    if (!('found' in place))
      return place.why === 'missing'
        ? { ...place, found: false, why: 'missing' }
        : { found: false, why: place.why }
    await place.found.close()
    return { found: true, real: realPath(place) }
  }

  /**
   * Opens a source that was decided on, below a root; undefined for a root itself: root and the gate alone can put something else in
   * its place, so its path is as good as what is held, also for an engine that starts a container by itself. The caller closes it.
   * @param real its path without links @throws {PinError} where that is another by now
   */
  async openSource(real: string): Promise<Place | undefined> {
    const gone = new PinError(`${real} is no longer what it was`)
    const root = this.#rootAt(real)
    if (root !== undefined) {
      const now = await this.#confirm(root)
      if (!now.found || now.real !== real) throw gone
      return undefined
    }
    const place = await this.#walk(real, { links: 'none' }).catch(missed)
    if (!('found' in place)) throw gone
    if ([...this.#held.values()].some((held) => place.ids.includes(idOf(held)))) return place
    await place.found.close()
    throw gone
  }

  /**
   * Makes folders below a root, as they are missing where it was decided on: of the owner of the directory that they are in.
   * @param above its path without links @throws {PinError} where that is another by now, or something else has one of the names
   */
  async makeBelow(above: string, names: readonly string[]): Promise<void> {
    const place = (await this.openSource(above)) ?? (await this.#walk(above, { links: 'none' }).catch(missed))
    if (!('found' in place)) throw new PinError(`${above} is no longer what it was`)
    let { found } = place
    const owner = { user: found.status.uid, group: found.status.gid }
    try {
      for (const name of names) {
        const made = await makeOwnedIn(found, name, owner)
        await found.close()
        found = made
      }
    } finally {
      await found.close()
    }
  }

  /** Finds out again what a root is. */
  async #confirm(root: BindRoot, turn?: Turn): Promise<HostPath> {
    const held = this.#held.get(root.path)
    if (held === undefined) return this.#hold(root, turn)
    const place = await walk(root.path, { turn }).catch(missed)
    if ('found' in place) await place.found.close()
    const complaint = 'found' in place ? this.#complaint({ ...root, place }) : undefined
    if (complaint !== undefined) return this.#withhold(root, complaint)
    const real = realPath(held.place)
    if ('found' in place && place.found.status.id === idOf(held) && realPath(place) === real)
      return { found: true, real }
    return this.#withhold(
      root,
      'it is no longer what it was when the policy was loaded; SIGHUP takes it as it is now',
    )
  }

  async #hold(root: BindRoot, turn?: Turn): Promise<HostPath> {
    const place = await walk(root.path, { turn }).catch(missed)
    if (!('found' in place)) return { found: false, why: place.why }
    const complaint = this.#complaint({ ...root, place })
    const another = this.#held.get(root.path)
    if (complaint === undefined && another === undefined) this.#held.set(root.path, { ...root, place })
    else await place.found.close()
    if (complaint !== undefined) return this.#withhold(root, complaint)
    return { found: true, real: realPath(another?.place ?? place) }
  }

  #complaint(root: FoundRoot): string | undefined {
    for (const { what, id, passed } of this.#own) {
      if (id === idOf(root) || passed.has(idOf(root))) return `${what} is in it`
      if (root.place.passed.has(id)) return `it lies in ${what}`
    }
    return rootComplaint(root, [...this.#held.values()])?.message
  }

  #withhold({ path }: BindRoot, why: string): HostPath {
    const message = `nothing is mounted from ${path}: ${why}`
    if (!this.#told.has(message)) this.#tell(message)
    this.#told.add(message)
    return { found: false, why: 'moved' }
  }

  /** The root that is held at a path without links. */
  #rootAt(real: string): BindRoot | undefined {
    return [...this.#held.values()].find(({ place }) => realPath(place) === real)
  }

  /** Walks from the root that a path begins with, where there is one: not by the path, but from what is held. */
  async #walk(path: string, options: WalkOptions): Promise<Place> {
    const place = await walk(path, { ...options, enter: this.#enter })
    const real = realPath(place)
    const isAnother = [...this.#held.values()].some(
      (held) => isWithin(real, realPath(held.place)) && place.ids[held.place.names.length] !== idOf(held),
    )
    if (!isAnother) return place
    await place.found.close()
    throw new WalkError('missing', `${path} is in another root than the one that is held`, [])
  }

  readonly #enter: Entrance = async (path) => {
    let longest = ''
    let root: FoundRoot | undefined
    for (const held of this.#held.values()) {
      for (const text of [held.path, realPath(held.place)]) {
        if (!isWithin(path, text) || text.length <= longest.length) continue
        longest = text
        root = held
      }
    }
    if (root === undefined) return enterAtTop(path)
    const { found, names, ids } = root.place
    return { start: { found: found.share(), names, ids }, rest: path.slice(longest.length) }
  }
}

/** A directory of this owner. Somebody who has the name by now keeps it, if that is a directory. */
async function makeOwnedIn(parent: Descriptor, name: string, owner: Owner): Promise<Descriptor> {
  const isNew = await makeDirectoryIn(parent, name, 0o755).then(
    () => true,
    (cause: unknown) => {
      if (codeOf(cause) === 'EEXIST') return false
      throw new PinError(`${name} can't be made: ${reasonOf(cause)}`, { cause })
    },
  )
  const made = await openIn(parent, name).catch((cause: unknown) => {
    throw new PinError(`${name} is gone again: ${reasonOf(cause)}`, { cause })
  })
  if (made.status.kind !== 'directory') {
    await made.close()
    throw new PinError(`${name} is no longer what it was`)
  }
  // What somebody has put in its place is theirs.
  if (!isNew || made.status.uid !== process.geteuid?.()) return made
  return setOwner(made, owner).then(
    () => made,
    async (cause: unknown) => {
      await made.close()
      throw new PinError(`${name} can't be given to its owner: ${reasonOf(cause)}`, { cause })
    },
  )
}

function idOf({ place }: FoundRoot): string {
  return place.found.status.id
}

/** Why a path leads to nothing, and where it ends. */
function missed(cause: unknown): {
  readonly why: 'missing' | 'unreadable'
  readonly end?: Missing | undefined
} {
  if (!(cause instanceof WalkError)) throw cause
  return cause.why === 'missing' ? { why: 'missing', end: cause.end } : { why: 'unreadable' }
}
