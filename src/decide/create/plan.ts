/** What a new container of a worker's will be, beside all that the worker has. */
import type { ContainerCreate } from '../../decode/operations/container-create.ts'
import { familiar } from '../../decode/reference.ts'
import type { FactsOf } from '../../resolve/facts.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import { allow } from '../answers.ts'
import { likeAnId, looksLikeId, meantName } from '../rename.ts'
import { notFound, refuseAll, type Violation } from '../refuse.ts'
import type { Subcommand } from '../../policy/subcommands.ts'
import type { Verdict } from '../verdict.ts'
import { volumeCount } from '../volume.ts'
import { planContainer } from './container.ts'
import { sharedMisfits } from './fit.ts'
import { totalViolations } from './limits.ts'
import { linksOf, missingLink } from './links.ts'

/** Decides a create that the policy's words allow. */
export function planCreate(
  run: RunPolicy,
  word: Subcommand,
  operation: ContainerCreate,
  facts: FactsOf<'container.create'>,
): Verdict {
  const violations: Violation[] = []
  const { image, engine } = facts
  const asNew = { ...facts, fromImage: image, hostCpus: engine.nanoCpus }
  const plan = planContainer(run, operation, asNew, violations)
  if (facts.nameMeant && operation.name !== undefined)
    violations.push({ rule: 'create.name', ...meantName(operation.name) })
  if (operation.name !== undefined && looksLikeId(operation.name))
    violations.push({ rule: 'create.name', ...likeAnId(`name = ${operation.name}`) })
  violations.push(...sharedMisfits(run, operation, facts))
  const newVolumes = [...plan.volumes.keys()].filter((name) => facts.volumes.get(name) === 'nobody')
  violations.push(...volumeCount(run, newVolumes.length, facts))
  violations.push(...totalViolations(run.limits, plan.limits, facts.usage))
  if (violations.length > 0) return refuseAll(word, violations)
  const missing = missingLink(word, linksOf(operation), facts)
  if (missing !== undefined) return missing
  // A name that gets an image meanwhile is not what was decided on.
  if (image === undefined) return notFound(word, `No such image: ${familiar(plan.image)}`)
  const absent = operation.mounts.find((mount) => mount.type === 'image' && !facts.images.has(mount.source))
  if (absent?.type === 'image') return notFound(word, `No such image: ${familiar(absent.source)}`)
  return allow(word, 'run', { on: 'create', operation, plan })
}
