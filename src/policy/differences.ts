/** What one policy gives and another does not, in the words in which policies are shown. */
import type { Policy } from './policy.ts'
import { groupsOf, type Group } from './show.ts'

/** What has changed for a worker in a group of rights. */
export interface Difference {
  readonly worker: string
  readonly title: string
  readonly gone: readonly string[]
  readonly come: readonly string[]
}

/** Groups that say what the others leave out. */
const COMPLEMENTS = ['not allowed']

export function differences(before: Policy, after: Policy): readonly Difference[] {
  const names = new Set([...before.workers, ...after.workers].map(({ name }) => name))
  return [...names].flatMap((worker) => {
    const [was, is] = [groupsIn(before, worker), groupsIn(after, worker)]
    const titles = new Set([...was.keys(), ...is.keys()])
    return [...titles].flatMap((title): readonly Difference[] => {
      const [old, now] = [was.get(title) ?? [], is.get(title) ?? []]
      const gone = old.filter((item) => !now.includes(item))
      const come = now.filter((item) => !old.includes(item))
      return gone.length + come.length === 0 ? [] : [{ worker, title, gone, come }]
    })
  })
}

/** Items by group; a worker that is not there has none. */
function groupsIn({ workers }: Policy, name: string): ReadonlyMap<string, readonly string[]> {
  const worker = workers.find((candidate) => candidate.name === name)
  const groups: readonly Group[] = worker === undefined ? [] : groupsOf(worker)
  return new Map(
    groups
      .filter(({ title }) => !COMPLEMENTS.includes(title))
      .map(({ title, lines }) => [title, lines.flatMap(itemsOf)]),
  )
}

/** A line is a list, with what it is of in front: `each container: memory 1g, CPUs 1`. */
function itemsOf(line: string): readonly string[] {
  if (line.startsWith('! ')) return []
  const [, head = '', rest = line] = /^([^,]*?: )?(.*)$/.exec(line) ?? []
  return rest.split(', ').map((item) => `${head}${item}`)
}

/** As text of several lines: `-` what is gone, `+` what has come. */
export function describeDifferences(found: readonly Difference[]): string {
  if (found.length === 0) return 'nothing is given otherwise\n'
  let worker = ''
  return found
    .map((difference) => {
      const head = difference.worker === worker ? '' : `worker ${difference.worker}\n`
      ;({ worker } = difference)
      const gone = difference.gone.map((item) => `    - ${item}\n`).join('')
      const come = difference.come.map((item) => `    + ${item}\n`).join('')
      return `${head}  ${difference.title}\n${gone}${come}`
    })
    .join('')
}
