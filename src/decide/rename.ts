/** `docker rename`, to a name by which nothing of the operator's is known: others find a container by its name. */
import type { ContainerRename } from '../decode/operations/container.ts'
import type { ContainerFacts, Facts } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { inUse, refuse, type Violation } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Verdict } from './verdict.ts'

/** Decides a rename that the policy's words allow on this container. @param rule by which they do */
export function decideRename(
  word: Subcommand,
  rule: string,
  operation: ContainerRename,
  container: ContainerFacts,
  facts: Pick<Facts, 'renaming' | 'nameMeant'>,
): Verdict {
  const { name } = operation.parameters
  if (container.owner === 'operator') {
    // Docker refuses that, Podman does it: then an event would tell of a name that nobody gave.
    if (name === container.name)
      return refuse(word, 'rename.name', `name = ${name}`, { why: 'the container is called so already' })
    if (facts.renaming)
      return inUse(word, `Cannot rename container ${container.name}: another rename of it is under way`)
  }
  if (
    name !== undefined &&
    facts.nameMeant &&
    !(container.owner === 'operator' && name === container.policyName)
  ) {
    const { what, ...reason } = meantName(name)
    return refuse(word, 'rename.name', what, reason)
  }
  if (name !== undefined && looksLikeId(name)) {
    const { what, ...reason } = likeAnId(`name = ${name}`)
    return refuse(word, 'rename.name', what, reason)
  }
  return allow(word, rule, { on: 'container', operation, container, view: 'full' })
}

/** A name that is not free for a worker: on a network a container in its place would get what is meant for the operator's. */
export function meantName(name: string): Omit<Violation, 'rule'> {
  const why = "a policy, or what was renamed before, means one of the operator's containers by this name"
  return { what: `name = ${name}`, why, instead: ['another name'] }
}

/** Somebody who means another object by the start of its id would mean what has that name; a worker's own name has its own before it. */
export function looksLikeId(name: string): boolean {
  return /^[0-9a-f]{12,64}$/.test(name)
}

/** The violation of such a name. */
export function likeAnId(what: string): Omit<Violation, 'rule'> {
  return { what, why: 'this name could be taken for the start of an id', instead: ['another name'] }
}
