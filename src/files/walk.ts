/**
 * The one way from a path to what is there: component by component, each looked up in the opened directory before it, links followed
 * here and not by the system. So it is known whose everything on the way is, and nothing is swapped unseen in between.
 */
import { codeOf, openIn, openTop, readLinkIn, type Descriptor } from './descriptor.ts'
import { describeMover, moverOf, trustedAccounts, type Movable } from './trust.ts'

/** As path_resolution(7) has it. */
const MOST_LINKS = 40
/** Components of a walk, with those of its links. A path has 2048 at most; links can make any number of one. */
const MOST_STEPS = 4096

/** Something on the host, held open, and where it is. */
export interface Position {
  readonly found: Descriptor
  /** Names from the root of the file system to it; none is that of a link. */
  readonly names: readonly string[]
  /** Ids of the root of the file system and of all that is of these names. */
  readonly ids: readonly string[]
}

/** What a walk came to, and how. */
export interface Place extends Position {
  /** Ids of every directory that something was looked up in, on the way that the path led, those of links with it. */
  readonly passed: ReadonlySet<string>
  /** What others could put something else in the place of, on that way: one entry for each of them. */
  readonly movable: readonly Movable[]
}

/** The path of a place, without links. */
export function realPath({ names }: Pick<Position, 'names'>): string {
  return `/${names.join('/')}`
}

/** Where a path ends before its end. */
export interface Missing {
  readonly above: string
  readonly names: readonly string[]
}

/** A path that leads nowhere, or can't be followed to its end. */
export class WalkError extends Error {
  override readonly name = 'WalkError'
  readonly why: 'missing' | 'unreadable' | 'link'
  /** As of a place, as far as the walk came. */
  readonly movable: readonly Movable[]
  /** Of what is missing: the last directory on the way, by its path without links, and the names that are not there below it. */
  readonly end: Missing | undefined

  constructor(
    why: WalkError['why'],
    message: string,
    movable: readonly Movable[],
    { cause, end }: { readonly cause?: unknown; readonly end?: Missing | undefined } = {},
  ) {
    super(message, { cause })
    this.why = why
    this.movable = movable
    this.end = end
  }
}

/** Where the walk of an absolute path begins, with a share of what is held there, and what of the path is left. */
export type Entrance = (path: string) => Promise<{ readonly start: Position; readonly rest: string }>

export interface WalkOptions {
  /** Default: at the root of the file system. */
  readonly enter?: Entrance
  /** Called before each component, and waited for. */
  readonly turn?: (() => Promise<void>) | undefined
  /** Which links are followed: all, none, or those that nobody else put there and nobody else leads to. Default: all. */
  readonly links?: 'all' | 'unmovable' | 'none'
  /** Accounts that may move what is on the way. Default: root and the gate's own. */
  readonly trusted?: readonly number[]
}

/** Walks an absolute path. The caller closes what was found. @throws {WalkError} */
export async function walk(path: string, options: WalkOptions = {}): Promise<Place> {
  const walker = await Walker.begin(path, options)
  try {
    while (!walker.isDone) {
      await options.turn?.()
      await walker.step()
    }
    return walker.place
  } catch (cause) {
    await walker.abandon()
    throw walker.errorOf(cause)
  }
}

/** Begins a walk at the root of the file system. */
export async function enterAtTop(path: string): ReturnType<Entrance> {
  const found = await openTop()
  return { start: { found, names: [], ids: [found.status.id] }, rest: path }
}

class Walker {
  readonly #path: string
  readonly #enter: Entrance
  readonly #links: WalkOptions['links']
  readonly #trusted: readonly number[]
  /** By who can. */
  readonly #movable = new Map<string, Movable>()
  readonly #passed = new Set<string>()
  #at: Position
  /** Components that are left, the next one last. */
  #left: string[]
  /** The component that is looked up. */
  #name: string | undefined
  #steps = 0
  #followed = 0

  private constructor(path: string, at: Position, rest: string, options: WalkOptions) {
    this.#path = path
    this.#at = at
    this.#left = componentsOf(rest)
    this.#enter = options.enter ?? enterAtTop
    this.#links = options.links
    this.#trusted = options.trusted ?? trustedAccounts()
  }

  static async begin(path: string, options: WalkOptions): Promise<Walker> {
    const { start, rest } = await (options.enter ?? enterAtTop)(path)
    return new Walker(path, start, rest, options)
  }

  get isDone(): boolean {
    return this.#left.length === 0
  }

  get place(): Place {
    return { ...this.#at, passed: this.#passed, movable: [...this.#movable.values()] }
  }

  /** Goes one component on. */
  async step(): Promise<void> {
    const name = this.#left.pop()
    if (name === undefined) return
    this.#name = name
    this.#steps += 1
    if (this.#steps > MOST_STEPS) throw this.#error('unreadable', 'has too many components')
    if (name === '..') return this.#up()
    const { found, names, ids } = this.#at
    this.#passed.add(found.status.id)
    const next = await openIn(found, name)
    this.#note(name, next)
    if (next.status.kind === 'link') return this.#follow(name, next)
    await this.#go(next, [...names, name], [...ids, next.status.id])
  }

  abandon(): Promise<void> {
    return this.#at.found.close()
  }

  errorOf(cause: unknown): unknown {
    const code = codeOf(cause)
    if (cause instanceof WalkError || code === undefined) return cause
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
    if (!isMissing) return this.#error('unreadable', code, cause)
    const names = [...(this.#name === undefined ? [] : [this.#name]), ...this.#left.toReversed()]
    const isPlain = code === 'ENOENT' && names.length > 0 && !names.includes('..')
    const end = isPlain ? { above: realPath(this.#at), names } : undefined
    return this.#error('missing', 'is not there', cause, end)
  }

  #note(name: string, next: Descriptor): void {
    const mover = moverOf(this.#at.found.status, next.status, this.#trusted)
    if (mover === undefined || this.#movable.has(describeMover(mover))) return
    const entry = realPath({ names: [...this.#at.names, name] })
    this.#movable.set(describeMover(mover), { entry, directory: realPath(this.#at), mover })
  }

  async #follow(name: string, opened: Descriptor): Promise<void> {
    await opened.close()
    this.#followed += 1
    if (this.#followed > MOST_LINKS) throw this.#error('unreadable', 'has too many links')
    if (this.#links === 'none' || (this.#links === 'unmovable' && this.#movable.size > 0))
      throw this.#error('link', 'has a link on its way')
    const target = await readLinkIn(this.#at.found, name)
    if (!target.startsWith('/')) {
      this.#left.push(...componentsOf(target))
      return
    }
    const { start, rest } = await this.#enter(target)
    const before = this.#at.found
    this.#at = start
    this.#left.push(...componentsOf(rest))
    await before.close()
  }

  /** To the directory above, as long as that is the one which led here. */
  async #up(): Promise<void> {
    const { found, names, ids } = this.#at
    if (names.length === 0) return
    const above = await openIn(found, '..')
    await this.#go(above, names.slice(0, -1), ids.slice(0, -1))
    if (above.status.id !== ids.at(-2)) throw this.#error('missing', 'was moved')
  }

  async #go(next: Descriptor, names: Position['names'], ids: Position['ids']): Promise<void> {
    const before = this.#at.found
    this.#at = { found: next, names, ids }
    await before.close()
  }

  #error(why: WalkError['why'], message: string, cause?: unknown, end?: Missing): WalkError {
    return new WalkError(why, `${this.#path} ${message}`, [...this.#movable.values()], { cause, end })
  }
}

/** The last one first. */
function componentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((component) => component !== '' && component !== '.')
    .toReversed()
}
