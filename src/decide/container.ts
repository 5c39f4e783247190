/** What is done with a container that is there: by which word, and whether it still is what the policy gives. */
import type { ContainerOperation } from '../decode/operation.ts'
import { mounts, needsFit } from '../decode/properties.ts'
import { grantOn, wordOf } from '../policy/grants.ts'
import type { RunPolicy, WorkerPolicy } from '../policy/policy.ts'
import { reachOf } from '../policy/reach.ts'
import type { ContainerFacts, Facts, Resolved } from '../resolve/facts.ts'
import { allow, notAllowed, notReached } from './answers.ts'
import { misfits } from './create/fit.ts'
import { totalViolations } from './create/limits.ts'
import { outsideRoots } from './create/mounts.ts'
import { decideCommit } from './image-transfer.ts'
import { notFound, refuse, refuseAll, type Violation } from './refuse.ts'
import { decideRename } from './rename.ts'
import { planUpdate } from './update.ts'
import type { Verdict } from './verdict.ts'

/** Whether a stop or restart says with which signal. */
function signals(operation: ContainerOperation): boolean {
  const stops = operation.kind === 'container.stop' || operation.kind === 'container.restart'
  return stops && operation.parameters.signal !== undefined
}

/** Decides an operation on a container that the client names. */
export function decideContainer(worker: WorkerPolicy, asked: Resolved<ContainerOperation['kind']>): Verdict {
  const { operation, facts } = asked
  const word = wordOf(operation.kind)
  const { container } = facts
  if (container === undefined) return notFound(word, `No such container: ${operation.container}`)
  const allowed = container.owner === 'self' ? worker.docker.allow : reachOf(worker, container.policyName)
  const rule = container.owner === 'self' ? 'docker.allow' : `docker.reach.${container.policyName}`
  const by = grantOn(operation.kind, container, allowed)
  if (asked.kind === 'container.inspect') {
    // The CLI looks before it asks for logs, stop or start: without the right, it sees what that needs and no more.
    return allow(word, rule, {
      on: 'container',
      operation: asked.operation,
      container,
      view: by === undefined ? 'redacted' : 'full',
    })
  }
  if (by === undefined)
    return container.owner === 'self' ? notAllowed(worker, word) : notReached(worker, word, container)
  if (
    container.owner === 'operator' &&
    signals(operation) &&
    grantOn('container.kill', container, allowed) === undefined
  ) {
    const why = "any signal but the container's own stop signal needs kill"
    return refuse(by, rule, `signal on ${container.name}`, {
      why,
      instead: [`docker ${by} ${container.name}`],
    })
  }
  const { run } = worker.docker
  const lost = mounts(asked) ? lostBind(run, container, asked.facts) : undefined
  if (lost !== undefined) return refuseAll(by, [lost])
  const unfit = needsFit(asked) ? unfitNow(run, container, asked) : []
  if (unfit.length > 0) return refuseAll(by, unfit)
  if (asked.kind === 'container.commit') return decideCommit(run, by, asked.operation, container, asked.facts)
  if (asked.kind === 'container.update') return planUpdate(run, by, asked.operation, container, asked.facts)
  if (asked.kind === 'container.rename')
    return decideRename(by, rule, asked.operation, container, asked.facts)
  if (
    asked.kind === 'container.top' &&
    container.owner === 'operator' &&
    !plainPs(asked.operation.parameters.ps_args)
  ) {
    const why = 'ps options that show the environment are not given for containers of the operator'
    return refuse(by, rule, `ps_args = ${asked.operation.parameters.ps_args}`, {
      why,
      instead: ['docker top NAME -ef'],
    })
  }
  return allow(by, rule, { on: 'container', operation: asked.operation, container, view: 'full' })
}

type Running = 'container.commit' | 'container.restart' | 'container.start' | 'container.unpause'

/** What a container has that a create would not be given now, beside what else there is of the worker's where it is to run. */
function unfitNow(run: RunPolicy, container: ContainerFacts, asked: Resolved<Running>): readonly Violation[] {
  const unfit = misfits(run, container, asked.facts)
  if (container.owner === 'operator' || asked.kind === 'container.commit') return unfit
  const { usage } = asked.facts
  const { containers, memory, nanoCpus } = usage
  const others = {
    ...usage,
    containers: containers - 1,
    memory: memory - container.memory,
    nanoCpus: nanoCpus - container.nanoCpus,
  }
  return [...unfit, ...totalViolations(run.limits, container, others)]
}

/**
 * A bind that the policy gives no more, or whose source became a symbolic link since the container was made, which would be
 * followed at the next mount.
 */
function lostBind(
  run: RunPolicy,
  container: ContainerFacts,
  facts: Pick<Facts, 'paths' | 'roots'>,
): Violation | undefined {
  if (container.owner !== 'self') return undefined
  const moved = container.binds.find(({ source, ownSocket }) => {
    // Nobody else can put something in the place of what the gate mounts.
    if (ownSocket) return false
    const now = facts.paths.get(source)
    return now === undefined || !now.found || now.real !== source
  })
  if (moved === undefined) return outsideRoots(run, container.binds, facts)
  const what = `bind of ${moved.origin ?? moved.source}`
  const why = 'it is no longer the directory that it was when the container was made'
  return { rule: 'run.binds', what, why, instead: [] }
}

function plainPs(words: string | undefined): boolean {
  // An "e" among letters that do not belong together makes ps show the environment (-auxe is read as auxe).
  return words === undefined || /^(?:-e[fFlL]{0,3}|-?[a-df-zA-DF-Z]*)$/.test(words)
}
