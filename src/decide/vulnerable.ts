/** What is held back from an engine by which a worker could reach the host, where the policy says so. */
import { isRefused } from '../faults/given.ts'
import { describeUpdates } from '../faults/lines.ts'
import type { FoundFault } from '../faults/faults-of.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Resolved } from '../resolve/facts.ts'
import type { Supported } from '../decode/operation.ts'
import { refuse } from './refuse.ts'
import type { Verdict } from './verdict.ts'

/** The verdict, or the refusal of a word by which a fault of the engine is reached. */
export function unlessVulnerable(
  { docker }: WorkerPolicy,
  { kind, facts }: Resolved<Supported['kind']>,
  verdict: Verdict,
): Verdict {
  if (verdict.effect === 'refuse') return verdict
  // What is started was made by the same word, maybe under another policy.
  const reaching = REACHING[kind] ?? kind
  const reached = facts.engine.faults.filter(
    (fault) =>
      isRefused(docker.faults, fault) &&
      fault.by.some((one) => one === reaching) &&
      fault.words.some((word) => word === verdict.subcommand),
  )
  return reached.length === 0 ? verdict : heldBack(verdict.subcommand, reached)
}

/** What reaches a fault as another operation does. */
const REACHING: Readonly<Partial<Record<Supported['kind'], Supported['kind']>>> = {
  'build.graph': 'image.build',
  'exec.start': 'container.exec',
}

function heldBack(word: string, faults: readonly FoundFault[]): Verdict {
  const ids = faults.map(({ id }) => id).join(', ')
  const reaches = faults.some(({ sure }) => sure) ? 'reaches' : 'may reach'
  return refuse(word, 'engine.vulnerable', `docker ${word}`, {
    why: `${word} ${reaches} the host by what this engine is known for: ${ids}`,
    instead: [`operator: ${describeUpdates(faults.map(({ update }) => update))}`],
  })
}
