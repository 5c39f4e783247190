/**
 * Links to other containers of the worker's. On the default bridge an engine hands the environment of the other one over, at each start:
 * so it is told the other's id, which no name that becomes another's can stand for.
 */
import type { ContainerCreate } from '../../decode/operations/container-create.ts'
import type { Endpoint } from '../../decode/operations/endpoint.ts'
import type { Link } from '../../decode/operations/links.ts'
import type { ContainerFacts, Facts, NetworkFacts } from '../../resolve/facts.ts'
import type { Subcommand } from '../../policy/subcommands.ts'
import { notFound, type Violation } from '../refuse.ts'
import type { Refused } from '../verdict.ts'

/** Each is one more name of the other container, in every list that has it. */
const MOST_LINKS = 32

type Others = Pick<Facts, 'others'>

/** Links of a create, as its fields have them. */
export function linksOf({ links, endpoints }: Pick<ContainerCreate, 'links' | 'endpoints'>): readonly Link[] {
  return [...links, ...endpoints.flatMap((endpoint) => endpoint.links)]
}

/** Checks links to what is there; what is not has an answer of its own (missingLink). */
export function checkLinks(links: readonly Link[], { others }: Others, violations: Violation[]): void {
  if (links.length > MOST_LINKS) {
    const why = `each is one more name of a container: ${MOST_LINKS} at most`
    violations.push({ rule: 'run.links', what: `${links.length} links`, why, instead: ['an own network'] })
  }
  const theirs = links.find(({ container }) => others.get(container)?.owner === 'operator')
  if (theirs === undefined) return
  violations.push({
    rule: 'run.links',
    what: `--link ${theirs.container}`,
    why: 'links lead to own containers only: they hand the environment over',
    instead: [],
  })
}

/** The answer to a link to a container that is not there, in an engine's words and with its status: at 404 a CLI would pull. */
export function missingLink(
  word: Subcommand,
  links: readonly Link[],
  { others }: Others,
): Refused | undefined {
  const missing = links.find(({ container }) => !others.has(container))?.container
  if (missing === undefined) return undefined
  const message = `could not get container for ${missing}: No such container: ${missing}`
  return { ...notFound(word, message), status: 400 }
}

/** Links of the default bridge, as they are sent. */
export function planLinks({ links }: Pick<ContainerCreate, 'links'>, facts: Others): readonly Link[] {
  return sent(links, facts, ({ id }) => id)
}

/** Links on a network, where they are looked up by name: on an own one the worker's names are there (aliases.ts), on yours the engine's are. */
export function networkLinks(
  { links }: Pick<Endpoint, 'links'>,
  network: Pick<NetworkFacts, 'owner'> | undefined,
  facts: Others,
): readonly Link[] {
  return network?.owner === 'operator' ? sent(links, facts, ({ name }) => name) : links
}

function sent(
  links: readonly Link[],
  { others }: Others,
  called: (container: ContainerFacts) => string,
): readonly Link[] {
  return links.map(({ container, alias = container }) => {
    const other = others.get(container)
    return { container: other === undefined ? container : called(other), alias }
  })
}
