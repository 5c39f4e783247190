/**
 * Which of the operator's containers workers gave names to. Rights go by the name that the operator gave last: whatever workers
 * call a container, nobody gains or loses any by it. A name that the engine tells of, and no worker asked for, is the operator's.
 */
import type { Change, Renamed, Store } from '../record/store.ts'
import { isOld } from './reconcile.ts'

/** A name that a worker asks for. */
export interface Asked {
  readonly container: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** The same by a clock that nobody sets. */
  readonly begun: number
}

/** Names of one container, in the order in which an engine gives them. */
interface Names {
  /** Given by the operator. */
  readonly meant: string
  /** Given by a worker, where that is the name that the engine told last. */
  readonly told: string | undefined
  /** Given by workers since: the engine has answered that they are, and its events are still to tell. */
  readonly coming: readonly string[]
  /** Asked for by a worker. */
  readonly asked: Asked | undefined
  /** Whether its answer is still to come, though its event told of it; or was lost. */
  readonly answer: 'to come' | 'overtaken' | 'lost'
}

export class Renames {
  /** By the container's full id. */
  readonly #names = new Map<string, Names>()

  constructor(store: Pick<Store, 'renamed'>) {
    for (const { container, meant, given, asked: name, since: created } of store.renamed()) {
      const begun = performance.now() - Math.max(0, Date.now() - created)
      const asked = name === '' ? undefined : { container, name, created, begun }
      const told = given === '' ? undefined : given
      this.#names.set(container, { meant, told, coming: [], asked, answer: 'lost' })
    }
  }

  /** The name that the operator gave a container which workers gave names to; undefined for any other. */
  meant(container: string): string | undefined {
    return this.#names.get(container)?.meant
  }

  /** Full ids of the containers that workers gave names to. */
  containers(): Iterable<string> {
    return this.#names.keys()
  }

  /** Whether the operator gave that name to a container that has a worker's by now. */
  isMeant(name: string): boolean {
    return [...this.#names.values()].some(({ meant }) => meant === name)
  }

  /** Whether a worker asked for a name, and it is not known yet what came of it. */
  isUnderWay(container: string): boolean {
    return this.#names.get(container)?.asked !== undefined
  }

  /** Whether that is to be settled by looking at what the engine has. */
  isUnsure(): boolean {
    return this.#lost().length > 0
  }

  /**
   * Notes that a worker asks for a name. The change is to be written before the engine is asked.
   * @param meant the name that the operator gave
   */
  ask(container: string, meant: string, name: string): { readonly asked: Asked; readonly change: Change } {
    const asked = { container, name, created: Date.now(), begun: performance.now() }
    const before = this.#names.get(container) ?? { meant, told: undefined, coming: [] }
    return { asked, change: this.#put(container, { ...before, asked, answer: 'to come' }) }
  }

  /** The engine has answered that it gave the name. Returns the changes to write, and whether no event told of it before. */
  given(asked: Asked): { readonly isNews: boolean; readonly changes: readonly Change[] } {
    const names = this.#openOf(asked)
    if (names === undefined) return { isNews: false, changes: [] }
    const isNews = names.answer !== 'overtaken'
    const coming = isNews ? [...names.coming, asked.name] : names.coming
    return { isNews, changes: [this.#put(asked.container, { ...names, coming, asked: undefined })] }
  }

  /** The name was not given. Returns the changes to write. */
  dropped(asked: Asked): readonly Change[] {
    const names = this.#openOf(asked)
    if (names === undefined) return []
    const over = { ...names, asked: undefined }
    // Its event told of it nevertheless: then the operator gave the same at that moment.
    const isOperators = names.answer === 'overtaken' && names.told === asked.name
    return [this.#put(asked.container, isOperators ? byOperator(over, asked.name) : over)]
  }

  /** The engine broke off: later events and listings tell what came of it. */
  doubt(asked: Asked): void {
    const names = this.#openOf(asked)
    if (names === undefined) return
    const isOver = names.answer === 'overtaken'
    this.#names.set(asked.container, { ...names, asked: isOver ? undefined : asked, answer: 'lost' })
  }

  /** Events are followed from now on: of what the engine answered before, none will tell. */
  following(): void {
    for (const [container, names] of this.#names)
      this.#names.set(container, { ...names, told: lastOf(names), coming: [] })
  }

  /** What a container is called now, by an event or a listing. Returns the changes to write. */
  told(container: string, name: string): readonly Change[] {
    const names = this.#names.get(container)
    if (names === undefined || names.told === name) return []
    const index = names.coming.indexOf(name)
    if (index !== -1) {
      this.#names.set(container, { ...names, told: name, coming: names.coming.slice(index + 1) })
      return []
    }
    if (names.asked?.name !== name || names.answer === 'overtaken')
      return [this.#put(container, byOperator(names, name))]
    const now = { ...names, told: name, coming: [] }
    return [
      this.#put(
        container,
        names.answer === 'lost' ? { ...now, asked: undefined } : { ...now, answer: 'overtaken' },
      ),
    ]
  }

  /** Forgets a container that is gone. Returns the changes to write. */
  gone(container: string): readonly Change[] {
    return this.#names.delete(container) ? [{ type: 'unrename', container }] : []
  }

  /**
   * To be called before a listing; what it returns takes the names that it told, by id, and gives the changes to write:
   * of containers that are gone, and of names whose answer was lost.
   */
  beginListing(): (listed: ReadonlyMap<string, string>) => readonly Change[] {
    const before = [...this.#names.keys()]
    const lost = this.#lost()
    return (listed) => [
      ...before.filter((container) => !listed.has(container)).flatMap((container) => this.gone(container)),
      ...lost.flatMap((asked) => this.#settle(asked, listed.get(asked.container))),
    ]
  }

  #lost(): readonly Asked[] {
    return [...this.#names.values()].flatMap(({ asked, answer }) => (answer === 'lost' ? (asked ?? []) : []))
  }

  #settle(asked: Asked, listed: string | undefined): readonly Change[] {
    if (this.#openOf(asked) === undefined) return []
    // A listing is ahead of the events, which are still to tell of it.
    if (listed === asked.name) return this.given(asked).changes
    return isOld(performance.now() - asked.begun) ? this.dropped(asked) : []
  }

  #openOf(asked: Asked): Names | undefined {
    const names = this.#names.get(asked.container)
    return names?.asked === asked ? names : undefined
  }

  #put(container: string, names: Names): Change {
    const { meant, asked, answer } = names
    const given = lastOf(names)
    if (given === undefined && asked === undefined) {
      this.#names.delete(container)
      return { type: 'unrename', container }
    }
    this.#names.set(container, names)
    const open = answer === 'overtaken' ? undefined : asked
    const renamed: Renamed = {
      container,
      meant,
      given: given ?? '',
      asked: open?.name ?? '',
      since: open?.created ?? 0,
    }
    return { type: 'rename', renamed }
  }
}

/** What workers gave before is no more; what they were given since, or ask for, comes after it. */
function byOperator(names: Names, meant: string): Names {
  return { ...names, meant, told: undefined }
}

/** The last name that workers gave. */
function lastOf({ told, coming }: Names): string | undefined {
  return coming.at(-1) ?? told
}
