/** What this host has of the paths that a policy names, and who could put something else in their place. */
import { dirname, resolve } from 'node:path'
import type { Finding } from '../policy/finding.ts'
import type { BindRoot, Policy, RunPolicy } from '../policy/policy.ts'
import {
  describeMovable,
  describeMover,
  mend,
  ownAccount,
  trustedAccounts,
  writerOf,
} from '../files/trust.ts'
import { realPath, walk, WalkError, type Place } from '../files/walk.ts'
import { inTime } from './in-time.ts'
import { rootComplaint, writableAround, type FoundRoot } from './root-complaint.ts'

export interface OnHost {
  /** By which the policy can't be used. */
  readonly findings: readonly Finding[]
  /** What an operator should know: what is missing yet, where links lead, whose else something is. */
  readonly notes: readonly Finding[]
}

const ROOT_ALONE = [0]

type PathInFile = Finding['path']
interface RootInFile extends FoundRoot {
  readonly at: PathInFile
}

/** Looks at what is there: on another machine, and before folders are made, that is less. @param file that of the policy */
export async function lookAtHost(policy: Policy, file: string): Promise<OnHost> {
  const look = new Look(policy)
  try {
    await look.atRoots()
    await look.atSockets()
    await look.atFile(resolve(file))
    return look
  } finally {
    await look.close()
  }
}

/** Roots, each with its place among all folders that the file names. */
function placesInFile({ binds, covered }: RunPolicy): readonly (readonly [BindRoot, number])[] {
  const taken = new Set(covered.map(({ index }) => index))
  const free = Array.from({ length: binds.length + taken.size }, (_, index) => index).filter(
    (index) => !taken.has(index),
  )
  return binds.map((root, at) => [root, free[at] ?? at])
}

class Look implements OnHost {
  readonly findings: Finding[] = []
  readonly notes: Finding[] = []
  readonly #policy: Policy
  readonly #roots: RootInFile[] = []

  constructor(policy: Policy) {
    this.#policy = policy
  }

  async atRoots(): Promise<void> {
    const roots = this.#policy.workers.flatMap(({ name, docker }) =>
      placesInFile(docker.run).map(([root, index]) => ({
        ...root,
        at: ['workers', name, 'docker', 'run', 'binds', index, 'path'],
      })),
    )
    const looked = roots.map(async (root) => {
      const place = await this.#walk(root.path, (missed) => this.#tellMissing(root.at, root.path, missed))
      if (place !== undefined) this.#roots.push({ ...root, place })
    })
    await Promise.all(looked)
    for (const root of this.#roots) {
      const complaint = rootComplaint(root, this.#roots)
      if (complaint !== undefined) this.findings.push({ path: root.at, at: 'value', ...complaint })
      else if (realPath(root.place) !== root.path) this.#note(root.at, `it leads to ${realPath(root.place)}`)
      await this.#tellOwn(root)
    }
  }

  /** A gate of another account takes nothing that the account of whoever checks can move. */
  async #tellOwn({ at, path }: RootInFile): Promise<void> {
    if (ownAccount() === 0) return
    const place = await this.#walk(path, () => undefined, ROOT_ALONE)
    await place?.found.close()
    const [movable] = place?.movable ?? []
    if (movable !== undefined)
      this.#note(at, `${describeMovable(movable)}: only a gate of that account mounts it`)
  }

  /** Where containers may write, or others, something else could be put in the place of a socket. */
  async atSockets(): Promise<void> {
    const { engine, workers } = this.#policy
    for (const { name, socket } of workers) await this.#atSocket(['workers', name, 'socket'], socket.path)
    if (engine !== undefined) await this.#atSocket(['engine'], engine.slice('unix://'.length))
  }

  async #atSocket(at: PathInFile, path: string): Promise<void> {
    const found = await this.#walk(dirname(path), ({ movable }) => this.#tellMovable(at, movable))
    if (found === undefined) return
    this.#tellMovable(at, found.movable)
    // Whoever mounts a socket, read-only too, is whoever it serves. Its folder is the same by whatever path a root names it.
    const holder = this.#roots.find(({ place }) => found.ids.includes(place.found.status.id))
    this.#requireOutside(found, `the socket ${path}`, holder)
    await found.found.close()
  }

  /** Whoever can change the policy, or put another in its place, is the operator. */
  async atFile(file: string): Promise<void> {
    const found = await this.#walk(file, () => undefined)
    if (found === undefined) return
    await found.found.close()
    this.#requireOutside(found, 'this policy')
    const writer = writerOf(found.found.status, trustedAccounts())
    const [movable] = found.movable
    const why = [
      ...(writer === undefined ? [] : [`${describeMover(writer)} may write in ${realPath(found)}`]),
      ...(movable === undefined ? [] : [describeMovable(movable)]),
    ]
    if (why.length === 0) return
    const message = `${why[0]}: whoever changes the policy has everything that the gate has`
    const isOpen =
      writer?.kind === 'everybody' || found.movable.some(({ mover }) => mover.kind === 'everybody')
    if (isOpen) this.findings.push({ path: [], at: 'value', message })
    else this.#note([], message)
  }

  async close(): Promise<void> {
    for (const { place } of this.#roots) await place.found.close()
  }

  /** @param holder a root that it must not be in even if nobody writes there */
  #requireOutside(place: Place, what: string, holder?: RootInFile): void {
    const around = holder ?? writableAround(place, this.#roots)
    const root = this.#roots.find((each) => each === around)
    if (root !== undefined) this.findings.push({ path: root.at, at: 'value', message: `${what} is in it` })
  }

  #tellMissing(at: PathInFile, path: string, { why, movable }: WalkError): void {
    const [first] = movable
    if (first !== undefined)
      this.findings.push({ path: at, at: 'value', message: describeMovable(first), hint: mend(first) })
    else this.#note(at, why === 'missing' ? `${path} is not there yet` : `${path} can't be looked at`)
  }

  #tellMovable(at: PathInFile, movable: Place['movable']): void {
    const [first] = movable
    if (first !== undefined) this.#note(at, describeMovable(first), mend(first))
  }

  #note(path: PathInFile, message: string, hint?: string): void {
    this.notes.push({ path, at: 'value', message, ...(hint === undefined ? {} : { hint }) })
  }

  async #walk(
    path: string,
    missed: (cause: WalkError) => void,
    trusted = trustedAccounts(),
  ): Promise<Place | undefined> {
    const late = new WalkError('unreadable', `${path} does not answer`, [])
    try {
      const place = await inTime(walk(path, { trusted }))
      if (place === undefined) throw late
      return place
    } catch (cause) {
      if (!(cause instanceof WalkError)) throw cause
      missed(cause)
      return undefined
    }
  }
}
