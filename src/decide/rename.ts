/** `docker rename`: own containers to any name, the operator's to one that gives nobody a right. */
import type { ContainerRename } from '../decode/operations/container.ts'
import type { ContainerFacts, Facts } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { inUse, refuse } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Verdict } from './verdict.ts'

/** Decides a rename that the policy's words allow on this container. @param rule by which they do */
export function decideRename(
  word: Subcommand,
  rule: string,
  operation: ContainerRename,
  container: ContainerFacts,
  facts: Facts,
): Verdict {
  const { name } = operation.parameters
  if (container.owner === 'operator') {
    // Docker refuses that, Podman does it: then an event would tell of a name that nobody gave.
    if (name === container.name)
      return refuse(word, 'rename.name', `name = ${name}`, { why: 'the container is called so already' })
    if (facts.renaming)
      return inUse(word, `Cannot rename container ${container.name}: another rename of it is under way`)
    if (facts.nameMeant && name !== container.policyName) {
      const why = "a policy, or what was renamed before, means one of the operator's containers by this name"
      return refuse(word, 'rename.name', `name = ${name}`, { why, instead: ['another name'] })
    }
  }
  return allow(word, rule, { on: 'container', operation, container, view: 'full' })
}
