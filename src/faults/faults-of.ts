/** Which faults an engine has, by what it tells of itself: surely, or perhaps. */
import { grantsOf } from '../policy/grants.ts'
import { SUBCOMMANDS, type Subcommand } from '../policy/subcommands.ts'
import { compareVersions } from './compare.ts'
import { isNewer, PACKAGES, suiteOf } from './debian.ts'
import {
  NEEDS,
  SUITE_NAMES,
  type Component,
  type DebianFix,
  type Fault,
  type Gain,
  type Range,
  type Reaching,
} from './fault.ts'
import { FAULTS } from './table.ts'
import { conditionsOf, isPodman, versionsOf, type Conditions, type Told, type Version } from './told.ts'

/** A fault that an engine has, as plain data. */
export interface FoundFault {
  readonly id: string
  readonly component: Component
  /** As the engine tells it. */
  readonly version: string
  readonly says: string
  readonly gives: Gain
  readonly sure: boolean
  /** What it needs of the host, where an engine does not tell whether that holds. */
  readonly where?: string
  /** The words of policies that reach it. */
  readonly words: readonly Subcommand[]
  readonly by: Fault['by']
  readonly update: Update
}

/** What has it no more. */
export interface Update {
  /** `docker.io` of Debian, `runc`. */
  readonly what: string
  /** The version; undefined where none is known. */
  readonly to?: string | undefined
  /** The suite of Debian that has no package without it, where it is Debian's. */
  readonly lacking?: string
}

/** The faults of an engine that the gate does not close. */
export function faultsOf(told: Told, table: readonly Fault[] = FAULTS): readonly FoundFault[] {
  const versions = versionsOf(told)
  const conditions = conditionsOf(told)
  const engine = isPodman(told) ? 'podman' : 'docker'
  return table.flatMap((fault) => {
    if (fault.closed !== undefined || (fault.on ?? engine) !== engine) return []
    const version = versions.find(({ component }) => component === fault.component)
    return version === undefined ? [] : found(fault, version, conditions)
  })
}

function found(fault: Fault, version: Version, conditions: Conditions): readonly FoundFault[] {
  const range = fault.ranges.find((one) => isIn(version.upstream, one))
  const certainty = range === undefined ? 'no' : certaintyOf(fault, version)
  const holds = fault.needs === undefined ? true : conditions[fault.needs]
  if (range === undefined || certainty === 'no' || holds === false) return []
  const { id, component, says, gives, by, needs } = fault
  return [
    {
      ...{ id, component, version: version.package ?? version.told, says, gives },
      sure: certainty === 'yes' && holds === true,
      ...(needs === undefined || holds === true ? {} : { where: NEEDS[needs] }),
      ...{ words: wordsOf(fault), by, update: updateOf(fault, version, range) },
    },
  ]
}

function isIn(version: string, { from, before }: Range): boolean {
  if (from !== undefined && compareVersions(version, from) < 0) return false
  return before === undefined || compareVersions(version, before) < 0
}

/** Whether a version in the range has the fault: a distribution may have mended it. */
function certaintyOf(fault: Fault, version: Version): 'yes' | 'perhaps' | 'no' {
  if (version.by === 'upstream') return fault.perhaps === undefined ? 'yes' : 'perhaps'
  const suite = suiteOf(version.component, version.upstream)
  if (version.by === 'others' || suite === undefined) return 'perhaps'
  const fix = fixIn(fault, suite)
  if (fix === 'by its version' || fix === 'not affected') return 'no'
  if (fix === 'unknown' || version.package === undefined) return 'perhaps'
  if (fix !== 'not fixed') return compareVersions(version.package, fix) >= 0 ? 'no' : 'yes'
  const isOpen = fault.perhaps === undefined && !isNewer(version.component, suite, version.package)
  return isOpen ? 'yes' : 'perhaps'
}

function fixIn(fault: Fault, suite: (typeof SUITE_NAMES)[number]): DebianFix {
  return fault.debian[SUITE_NAMES.indexOf(suite)] ?? 'unknown'
}

function updateOf(fault: Fault, version: Version, range: Range): Update {
  const upstream = { what: fault.component === 'go' ? 'docker' : fault.component, to: range.before }
  const suite = suiteOf(version.component, version.upstream)
  if (version.by !== 'debian' || suite === undefined)
    return fault.component === 'go' ? { what: 'docker', to: undefined } : upstream
  const fix = fixIn(fault, suite)
  if (/^[0-9]/.test(fix)) return { what: PACKAGES[fault.component], to: fix }
  return { ...upstream, ...(fault.component === 'go' ? { to: undefined } : {}), lacking: suite }
}

/** Words that give an operation by which a fault is reached, whatever the state of a container. */
export function wordsOf({ by }: Pick<Fault, 'by'>): readonly Subcommand[] {
  const words = by.flatMap(wordsFor)
  return SUBCOMMANDS.filter((word) => words.includes(word))
}

function wordsFor(kind: Reaching): readonly Subcommand[] {
  if (kind === 'container.exec') return ['exec']
  return grantsOf(kind).flatMap(({ word, implied }) => (implied === undefined ? [word] : []))
}
