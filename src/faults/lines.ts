/** Faults in a few lines, for the operator: what can be reached by which words, and what to do about it. */
import type { Policy } from '../policy/policy.ts'
import { compareVersions } from './compare.ts'
import type { Gain } from './fault.ts'
import type { FoundFault, Update } from './faults-of.ts'
import { isAccepted, isRefused, wordsOfPolicy } from './given.ts'

/** A fault as a gate tells it, whose words may be those of another version. */
export interface ToldFault extends Omit<FoundFault, 'by' | 'words'> {
  readonly words: readonly string[]
}

/** A fault by the words of a policy. */
export interface ReachedFault extends ToldFault {
  /** Those of its words that some worker has; empty where none reaches it. */
  readonly given: readonly string[]
  /** Whether the operator takes it as it is. */
  readonly accepted: boolean
  /** Whether its words are refused for it. */
  readonly refused: boolean
}

const GAINS: Readonly<Record<Gain, string>> = {
  host: 'reach the host',
  others: "reach what is others'",
  trouble: "take the host's memory and CPUs, or end what runs",
}

/** What the words of a policy have to do with the faults of an engine. */
export function reachedBy(
  faults: readonly ToldFault[],
  policy: Pick<Policy, 'faults' | 'workers'>,
): readonly ReachedFault[] {
  const words: readonly string[] = wordsOfPolicy(policy)
  return faults.map((fault) => ({
    ...fault,
    given: fault.words.filter((word) => words.includes(word)),
    accepted: isAccepted(policy.faults, fault.id),
    refused: isRefused(policy.faults, fault),
  }))
}

/** What can be reached, a line for the same words each, and what leads to the host first. */
export function describeFaults(faults: readonly ReachedFault[]): readonly string[] {
  const groups = new Map<string, readonly ReachedFault[]>()
  for (const fault of faults) {
    const { gives, component, sure, given, accepted, where, update } = fault
    if (given.length === 0 || accepted) continue
    // What does not lead to the host is one line, whatever it is a fault of.
    const [isMended, { lacking }] = [update.to !== undefined, update]
    const same = [component, sure, where, given, isMended, lacking]
    const key = gives === 'host' ? JSON.stringify(same) : gives
    groups.set(key, [...(groups.get(key) ?? []), fault])
  }
  const order: readonly Gain[] = ['host', 'others', 'trouble']
  return order.flatMap((gain) =>
    [...groups.values()]
      .filter(([first]) => first?.gives === gain)
      .map((group) => describeGroup(gain, group)),
  )
}

function describeGroup(gain: Gain, group: readonly ReachedFault[]): string {
  const words = [...new Set(group.flatMap((fault) => fault.given))]
  const isOne = words.length === 1
  const refused = group.every((fault) => fault.refused)
  const isSure = group.some(({ sure }) => sure)
  const can = refused ? 'could' : isSure ? 'can' : 'may'
  const ids = group.map(({ id, where, sure }) => {
    const doubt = where === undefined ? ' perhaps' : ` where ${where}`
    return sure || (!isSure && where === undefined) ? id : `${id}${doubt}`
  })
  const given = `with this engine ${words.join(', ')} ${can} ${GAINS[gain]} (${ids.join(', ')})`
  const update = describeUpdates(group.map((fault) => fault.update))
  return refused
    ? `${given}, and so ${isOne ? 'is' : 'are'} refused: ${update}`
    : `${given}: ${update}, or take the ${isOne ? 'word' : 'words'} away`
}

/** What to update to what: of each the newest that one of the faults asks for. */
export function describeUpdates(updates: readonly Update[]): string {
  const newest = new Map<string, Update>()
  for (const update of updates) {
    const known = newest.get(update.what)
    if (known === undefined || isLater(update, known)) newest.set(update.what, update)
  }
  const all = [...newest.values()]
  const known = all.filter(({ to }) => to !== undefined)
  const there = known.filter(({ lacking }) => lacking === undefined)
  const missing = known.filter(({ lacking }) => lacking !== undefined)
  const list = (some: readonly Update[]): string =>
    some.map(({ what, to }) => `${what} to ${to}`).join(' and ')
  return [
    ...(there.length === 0 ? [] : [`update ${list(there)}`]),
    ...(missing.length === 0
      ? []
      : [`update ${list(missing)}, which Debian's ${missing[0]?.lacking} does not have`]),
    ...all.filter(({ to }) => to === undefined).map(({ what }) => `no ${what} without it is known`),
  ].join('; ')
}

function isLater({ to }: Update, { to: known }: Update): boolean {
  if (to === undefined) return false
  return known === undefined || compareVersions(to, known) > 0
}
