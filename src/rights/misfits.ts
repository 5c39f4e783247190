/** Containers of workers that could not be made now as they are: what a new policy leaves behind. */
import type { ContainerStart } from '../decode/operations/container.ts'
import type { Gate } from '../gate.ts'
import { BindRoots } from '../host/bind-roots.ts'
import { misfits } from '../decide/create/fit.ts'
import type { Policy, WorkerPolicy } from '../policy/policy.ts'
import { calledSo } from '../policy/space.ts'
import type { Violation } from '../decide/refuse.ts'
import { factsOfFit, stockOf } from '../resolve/stock.ts'

export interface Misfit {
  /** Who owns it. */
  readonly worker: string
  readonly id: string
  readonly name: string
  readonly running: boolean
  /** The rule that it breaks, and what of it does. */
  readonly rule: string
  readonly what: string
  readonly why: string
}

/**
 * What of all that workers own does not fit a policy, in the order in which it was made.
 * @param policy default: the one in force. @throws {EngineUnavailable}
 */
export async function findMisfits(gate: Gate, policy: Policy = gate.policy): Promise<readonly Misfit[]> {
  const served = new Map(gate.identities.map((identity) => [identity.name, identity.section]))
  const found: Misfit[] = []
  await using roots =
    policy === gate.policy ? gate.bindRoots.share() : await BindRoots.open(policy, () => undefined)
  for (const owner of gate.ownership.owners()) {
    const section = policy.workers.find(({ name }) => name === served.get(owner))
    const check =
      section === undefined ? () => [NOBODY] : await checkOf(gate, roots, calledSo(section, owner))
    for (const id of gate.ownership.idsOf(owner, 'container')) {
      const known = gate.inventory.container(id)
      if (known === undefined) continue
      await gate.learn(id)
      const [violation] = check(id)
      if (violation === undefined) continue
      const { rule, what, why } = violation
      found.push({ worker: owner, id, name: known.name, running: known.running, rule, what, why })
    }
  }
  return found
}

const NOBODY: Violation = {
  rule: 'workers',
  what: 'its worker',
  why: 'no worker of the policy has it',
  instead: [],
}

type Check = (id: string) => readonly Violation[]

async function checkOf(gate: Gate, roots: BindRoots, worker: WorkerPolicy): Promise<Check> {
  const { run } = worker.docker
  const written = run.binds.map(({ path }) => path)
  // What a worker looks up itself does not hold this up.
  const paths = await gate.paths.resolve(`the policy of ${worker.name}`, roots, written, NEVER)
  const engine = gate.feed.connected?.facts
  return (id) => {
    const start: ContainerStart = { kind: 'container.start', container: id, parameters: {} }
    const [container] = stockOf(gate, worker, start)
    if (container === undefined || engine === undefined) return []
    return misfits(run, container, { engine, ...factsOfFit(gate, worker, start, paths) })
  }
}

const NEVER = new AbortController().signal
