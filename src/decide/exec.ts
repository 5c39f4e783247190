/** Running programs in containers: what the policy names, word by word; anything in own ones where it says so. */
import type { ContainerExec } from '../decode/operations/exec.ts'
import type { ExecOperation } from '../decode/operation.ts'
import type { ContainerFacts, Facts, OfFit, Resolved } from '../resolve/facts.ts'
import { allow, instead, notAllowed, notReached } from './answers.ts'
import { argvMatches, type ArgvPattern } from '../policy/argv.ts'
import { misfits } from './create/fit.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { reachOf } from '../policy/reach.ts'
import { hasRun, notFound, refuse, refuseAll } from './refuse.ts'
import type { Verdict } from './verdict.ts'

const WORD = 'exec'

/** Decides the making of an exec. */
export function decideExec(
  worker: WorkerPolicy,
  operation: ContainerExec,
  facts: Pick<Facts, 'engine' | 'container' | OfFit>,
): Verdict {
  const verdict = decideProgram(worker, operation, facts)
  if (verdict.effect === 'refuse' || facts.container === undefined) return verdict
  const unfit = misfits(worker.docker.run, facts.container, facts)
  return unfit.length === 0 ? verdict : refuseAll(WORD, unfit)
}

function decideProgram(
  worker: WorkerPolicy,
  operation: ContainerExec,
  { container }: Pick<Facts, 'container'>,
): Verdict {
  if (container === undefined) return notFound(WORD, `No such container: ${operation.container}`)
  const { rule, patterns } = rightsOn(worker, container)
  if (patterns === 'any') return allow(WORD, rule, { on: 'exec create', operation, container })
  const command = operation.argv.join(' ')
  if (!patterns.some((pattern) => argvMatches(pattern, operation.argv))) {
    if (patterns.length === 0)
      return container.owner === 'self' ? notAllowed(worker, WORD) : notReached(worker, WORD, container)
    const why = `on ${container.name} this worker may run what the policy names, and nothing else`
    const known = patterns.slice(0, 3).map((pattern) => pattern.join(' '))
    return refuse(WORD, rule, `docker exec ${container.name} ${command}`, {
      why,
      instead: instead(worker, WORD, known),
    })
  }
  const { User, Env, WorkingDir } = operation.body
  const changed = [
    User && '--user',
    (Env?.reveal() ?? []).length > 0 && '--env',
    WorkingDir && '--workdir',
  ].filter(Boolean)
  if (changed.length > 0) {
    const why = 'a command that the policy names runs as the container itself would run it'
    return refuse(WORD, rule, changed.join(' '), {
      why,
      instead: [`docker exec ${container.name} ${command}`],
    })
  }
  return allow(WORD, rule, { on: 'exec create', operation, container })
}

interface Rights {
  readonly rule: string
  readonly patterns: 'any' | readonly ArgvPattern[]
}

function rightsOn(worker: WorkerPolicy, container: ContainerFacts): Rights {
  const { allow: words, exec } = worker.docker
  if (container.owner === 'self') {
    return words.includes(WORD)
      ? { rule: 'docker.allow', patterns: 'any' }
      : { rule: 'docker.exec.own', patterns: exec.own }
  }
  const { policyName } = container
  if (reachOf(worker, policyName).includes(WORD))
    return { rule: `docker.reach.${policyName}`, patterns: 'any' }
  const named = Object.hasOwn(exec.named, policyName) ? exec.named[policyName] : undefined
  return { rule: `docker.exec.${policyName}`, patterns: named ?? [] }
}

/**
 * Decides what is done with an exec that is there. Whoever made it may look at it while its container is in reach; it is started by
 * the right to make it now.
 */
export function decideExecUse(worker: WorkerPolicy, asked: Resolved<ExecOperation['kind']>): Verdict {
  const { operation } = asked
  const { exec } = asked.facts
  if (exec === undefined) return notFound(WORD, `No such exec instance: ${operation.exec}`)
  if (asked.kind !== 'exec.start') return allow(WORD, 'docker.exec', { on: 'exec', operation })
  if (exec.made === undefined) return hasRun(WORD, `Exec command ${operation.exec} has already run`)
  const verdict = decideExec(worker, exec.made, { ...asked.facts, container: exec.container })
  return verdict.effect === 'refuse' ? verdict : allow(WORD, verdict.rule, { on: 'exec', operation })
}
