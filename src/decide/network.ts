/** Networks: own ones, and those of the operator's that the policy names, to be on. */
import { checkFixed, checkSubnets } from './addresses.ts'
import { ownAliases } from './create/aliases.ts'
import { checkLinks, missingLink, networkLinks } from './create/links.ts'
import type { NetworkOperation } from '../decode/operation.ts'
import type { NetworkConnect, NetworkCreate } from '../decode/operations/network.ts'
import type { ContainerFacts, Facts, NetworkFacts, Resolved } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { checkLabels } from './labels.ts'
import { likeAnId, looksLikeId } from './rename.ts'
import type { RunPolicy } from '../policy/policy.ts'
import { notFound, refuse, refuseAll, type Violation } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Verdict } from './verdict.ts'

/** Decides a network create that the policy's words allow. */
export function decideNetworkCreate(
  run: RunPolicy,
  word: Subcommand,
  operation: NetworkCreate,
  facts: Pick<Facts, 'networkTaken' | 'usage'>,
): Verdict {
  const violations: Violation[] = []
  if (facts.networkTaken) {
    const why = `the network name ${operation.name} is not free for this worker`
    violations.push({
      rule: 'network.name',
      what: `Name = ${operation.name}`,
      why,
      instead: ['another network name'],
    })
  }
  if (looksLikeId(operation.name))
    violations.push({ rule: 'network.name', ...likeAnId(`Name = ${operation.name}`) })
  if (facts.usage.networks + 1 > run.limits.networks) {
    const why = `limit reached: ${facts.usage.networks} of ${run.limits.networks}`
    violations.push({
      rule: 'run.limits.networks',
      what: 'networks of this worker',
      why,
      instead: ['docker network rm of one'],
    })
  }
  checkSubnets(run, operation.subnets, violations)
  checkLabels(operation.labels, violations)
  return violations.length > 0
    ? refuseAll(word, violations)
    : allow(word, 'docker.allow', { on: 'network create', operation })
}

/** Decides an operation on a network that is there. */
export function decideNetwork(
  run: RunPolicy,
  word: Subcommand,
  asked: Resolved<NetworkOperation['kind']>,
): Verdict {
  const { kind, operation, facts } = asked
  const { network } = facts
  if (network === undefined) return notFound(word, `network ${operation.network} not found`)
  if (kind === 'network.inspect') return allow(word, 'docker.allow', { on: 'network', operation, network })
  const isOwn = network.owner === 'self'
  if (kind === 'network.remove') {
    return isOwn
      ? allow(word, 'docker.allow', { on: 'network', operation, network })
      : notOwn(word, network.name)
  }
  const { container } = facts
  if (container?.owner !== 'self') return notFound(word, `No such container: ${operation.container}`)
  // Own containers may join and leave what the policy lets a new container be on.
  if (network.owner === 'engine') return notOwn(word, network.name)
  if (kind === 'network.disconnect')
    return allow(word, 'docker.allow', { on: 'network member', operation, network, container })
  return decideConnect(run, word, operation, network, container, asked.facts)
}

function decideConnect(
  run: RunPolicy,
  word: Subcommand,
  operation: NetworkConnect,
  network: NetworkFacts,
  container: ContainerFacts,
  facts: Pick<Facts, 'others'>,
): Verdict {
  const violations: Violation[] = []
  const { aliases, links } = operation.endpoint
  checkLinks(links, facts, violations)
  checkFixed(run, { ...operation.endpoint, network: network.name }, network, violations)
  if (violations.length > 0) return refuseAll(word, violations)
  const missing = missingLink(word, links, facts)
  if (missing !== undefined) return missing
  const endpoint = {
    ...operation.endpoint,
    // On the operator's networks an alias could answer for one of the operator's containers.
    aliases: network.owner === 'self' ? ownAliases(container, network, aliases) : [],
    links: networkLinks(operation.endpoint, network, facts),
  }
  const operationOnIt = { ...operation, endpoint }
  return allow(word, 'docker.allow', { on: 'network member', operation: operationOnIt, network, container })
}

function notOwn(word: Subcommand, name: string): Verdict {
  return refuse(word, 'network.own', `docker ${word} ${name}`, {
    why: "this network is not the worker's own",
  })
}
