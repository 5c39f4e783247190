/** Which workers there were: one that is made anew under a name is another, as is one whose socket is another account's. */
import type { Change, KnownWorker, Store } from '../record/store.ts'

/** A worker that is about to be served. */
export interface Admitted {
  /** `ai-worker`, or `ai-worker.2` for the second of that name. No policy can name the latter. */
  readonly name: string
  /** To be on disk before it does anything. */
  readonly changes: readonly Change[]
  /** Why it is another worker than the one before; undefined where it is the same, or the first. */
  readonly another: string | undefined
}

export class Roster {
  readonly #known: Map<string, KnownWorker>

  /** @param owners names of workers that own something: a gate before this one did not note which there were */
  constructor(store: Pick<Store, 'workers'>, owners: Iterable<string>) {
    this.#known = new Map(store.workers().map((worker) => [worker.name, worker]))
    for (const name of owners)
      if (!name.includes('.') && !this.#known.has(name))
        this.#known.set(name, { name, generation: 1, account: '', present: true })
  }

  /** Notes whom a policy names no more. Returns the changes to write. @param present names in the policy in force */
  retain(present: readonly string[]): readonly Change[] {
    return [...this.#known.values()].flatMap((worker) =>
      worker.present && !present.includes(worker.name) ? [this.#know({ ...worker, present: false })] : [],
    )
  }

  /** Tells who a worker is that is to be served. @param account whose its socket is */
  admit(name: string, account: string): Admitted {
    const known = this.#known.get(name)
    const another = known && differenceOf(known, account)
    if (known === undefined || another !== undefined || known.account !== account) {
      const generation = (known?.generation ?? 0) + (known === undefined || another !== undefined ? 1 : 0)
      const change = this.#know({ name, generation, account, present: true })
      return { name: fullName(name, generation), changes: [change], another }
    }
    return { name: fullName(name, known.generation), changes: [], another }
  }

  /** Full names of the workers that had a name before the one that has it. */
  before(name: string): readonly string[] {
    const generation = this.#known.get(name)?.generation ?? 1
    return Array.from({ length: generation - 1 }, (_, index) => fullName(name, index + 1))
  }

  #know(worker: KnownWorker): Change {
    this.#known.set(worker.name, worker)
    return { type: 'know', worker }
  }
}

function differenceOf({ present, account: before }: KnownWorker, account: string): string | undefined {
  if (!present) return 'the one before was taken out of the policy'
  return before === '' || before === account ? undefined : 'its socket is another account’s than before'
}

function fullName(name: string, generation: number): string {
  return generation === 1 ? name : `${name}.${generation}`
}

/** The name that a policy has for a worker, by its full one. */
export function sectionOf(name: string): string {
  return name.split('.')[0] ?? name
}
