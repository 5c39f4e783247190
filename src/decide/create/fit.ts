/** Whether a container that is there could be made now as it is: by the rules of a create, and by no others. */
import { sharedContainers, type ContainerCreate } from '../../decode/operations/container-create.ts'
import type { ContainerFacts, Facts, OfFit } from '../../resolve/facts.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import type { Violation } from '../refuse.ts'
import type { CreatePlan } from '../plans.ts'
import { planContainer } from './container.ts'
import { ownImage } from './images.ts'
import { outsideRoots } from './mounts.ts'
import { limitedQuantities } from './quantities.ts'
import { capOf } from './ulimits.ts'

/** What of a container the policy gives no more; empty where it fits, and for those of the operator. */
export function misfits(
  run: RunPolicy,
  container: ContainerFacts,
  facts: Pick<Facts, 'engine' | OfFit>,
): readonly Violation[] {
  if (container.owner === 'operator') return []
  const { made, name } = container
  if (made === undefined) return [unknown(name)]
  const outside = outsideRoots(run, container.binds, facts)
  const violations: Violation[] = []
  const has = {
    image: ownImage(run, made.image),
    fromImage: undefined,
    images: undefined,
    volumes: undefined,
    hostCpus: undefined,
  }
  const plan = planContainer(run, made, { ...facts, ...has }, violations)
  return [
    ...(outside === undefined ? [] : [outside]),
    ...[...violations, ...lowered(run, made, plan)].map((violation) => asMade(name, violation)),
    ...sharedMisfits(run, made, facts),
  ]
}

/** The same of the containers whose namespaces one is in: what they have, it has too. */
export function sharedMisfits(
  run: RunPolicy,
  operation: ContainerCreate,
  facts: Pick<Facts, 'engine' | OfFit>,
): readonly Violation[] {
  return sharedContainers(operation).flatMap((reference) => {
    const other = facts.others.get(reference)
    return other === undefined ? [] : misfits(run, other, facts)
  })
}

const A_NEW_ONE = 'a new container'

function unknown(name: string): Violation {
  return { rule: 'run', what: name, why: 'it is not known what it was made with', instead: [A_NEW_ONE] }
}

function asMade(name: string, { rule, what, why, instead }: Violation): Violation {
  const updates = instead.filter((other) => other.startsWith('docker update '))
  return {
    rule,
    what: `${name} was made with ${what}`,
    why: `by now, ${why}`,
    instead: [A_NEW_ONE, ...updates.map((update) => `${update} ${name}`)],
  }
}

/** Limits of which a create would get less. */
function lowered(run: RunPolicy, made: ContainerCreate, plan: CreatePlan): readonly Violation[] {
  return [
    ...limitedQuantities(made, plan).flatMap(({ limit, asked = 0, given = Infinity, format, option }) =>
      over(`run.limits.${limit}`, limit, asked, given, format, option),
    ),
    ...made.ulimits.flatMap(({ name, hard }, index) =>
      over(
        capOf(run, name)?.rule ?? '',
        name,
        unlimited(hard),
        unlimited(plan.ulimits[index]?.Hard ?? hard),
        (amount) => (amount === Infinity ? 'unlimited' : String(amount)),
      ),
    ),
  ]
}

/** A negative ulimit is none at all. */
function unlimited(amount: number): number {
  return amount < 0 ? Infinity : amount
}

/** @param option of `docker update` that brings it down */
function over(
  rule: string,
  name: string,
  has: number,
  most: number,
  format: (amount: number) => string,
  option?: string,
): readonly Violation[] {
  if (has <= most) return []
  const instead = option === undefined ? [] : [`docker update ${option} ${format(most)}`]
  const why = `a container may have ${format(most)} at most`
  return [{ rule, what: `${name} = ${format(has)}`, why, instead }]
}
