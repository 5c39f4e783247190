/** Names for images, and images that come or go: tag, commit, import, load, push, save, search. */
import type { ContainerCommit } from '../decode/operations/commit.ts'
import { labelsOf, type ImageChange } from '../decode/operations/image-changes.ts'
import {
  newName,
  pushedReference,
  type ImageImport,
  type ImageLoad,
  type ImagePush,
  type ImageSave,
  type ImageSearch,
  type ImageTag,
  type NewName,
} from '../decode/operations/image-transfer.ts'
import { fullReference, parseReference } from '../decode/reference.ts'
import type { ContainerFacts, Facts, NameOwner } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { checkLabels } from './labels.ts'
import { usableName, isVisible, outsideNames, planName } from './image-names.ts'
import { ImageSpace } from '../policy/image-space.ts'
import { someImageMatches } from '../policy/match.ts'
import type { RunPolicy } from '../policy/policy.ts'
import { notFound, refuse, refuseAll, type Violation } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Verdict } from './verdict.ts'

const RULE = 'run.images'

export function decideTag(
  run: RunPolicy,
  word: Subcommand,
  operation: ImageTag,
  { image, names }: Pick<Facts, 'image' | 'names'>,
): Verdict {
  if (image === undefined || !isVisible(run, operation.image, image))
    return notFound(word, `No such image: ${operation.image}`)
  const violations: Violation[] = []
  const name = planNewName(run, operation.parameters, names, violations)
  if (name === undefined) return refuse(word, RULE, 'repo', { why: 'a tag needs a name' })
  if (violations.length > 0) return refuseAll(word, violations)
  return allow(word, RULE, { on: 'tag', operation, image: image.id, name })
}

/** An image of a container that is the worker's own: whose it is was decided before. */
export function decideCommit(
  run: RunPolicy,
  word: Subcommand,
  operation: ContainerCommit,
  container: ContainerFacts,
  { names }: Pick<Facts, 'names'>,
): Verdict {
  const violations: Violation[] = []
  const name = planNewName(run, operation.parameters, names, violations)
  checkLabels(operation.config.Labels, violations)
  checkChanges(operation.parameters.changes?.reveal(), violations)
  if (violations.length > 0) return refuseAll(word, violations)
  return allow(word, RULE, { on: 'commit', operation, container, name })
}

export function decideImport(
  run: RunPolicy,
  word: Subcommand,
  operation: ImageImport,
  { names }: Pick<Facts, 'names'>,
): Verdict {
  const violations: Violation[] = []
  const name = planNewName(run, operation.parameters, names, violations)
  checkChanges(operation.parameters.changes?.reveal(), violations)
  if (violations.length > 0) return refuseAll(word, violations)
  return allow(word, RULE, { on: 'import', operation, name })
}

/** The names in the archive are checked as it streams by. */
export function decideLoad(
  word: Subcommand,
  operation: ImageLoad,
  { engine }: Pick<Facts, 'engine'>,
): Verdict {
  if (!engine.podman) return allow(word, RULE, { on: 'load', operation })
  const why = 'Podman reads more kinds of archives than are checked here'
  return refuse(word, 'engine', 'docker load', { why, instead: ['docker pull'] })
}

/** Violations of the names that an archive gives to its images. */
export function checkLoadedNames(
  run: RunPolicy,
  written: readonly string[],
  names: Facts['names'],
): readonly Violation[] {
  const violations: Violation[] = []
  for (const name of written) planName(run, `name in the archive = ${name}`, name, names, violations)
  return violations
}

/**
 * Without a tag an engine pushes every tag of the name: all of them must be own. What has a name of the worker's own is given the true
 * one for as long as it is pushed, where that is free: nobody else's name moves.
 */
export function decidePush(
  run: RunPolicy,
  word: Subcommand,
  operation: ImagePush,
  { names, images }: Pick<Facts, 'names' | 'images'>,
): Verdict {
  const reference = pushedReference(operation)
  if (reference === undefined)
    return refuse(word, RULE, operation.image, { why: 'this is not a name with a tag' })
  const violations: Violation[] = []
  const sent = reference.tag === undefined ? [...names.keys()] : [fullReference(reference)]
  for (const name of sent.length === 0 ? [fullReference(reference)] : sent) {
    const parsed = parseReference(name)
    if (parsed === undefined || someImageMatches(run.images, parsed)) continue
    violations.push(outsideNames(run, `push of ${name}`, name))
  }
  if (violations.length > 0) return refuseAll(word, violations)
  const given = new Map([...images].map(([name, { id }]) => [name, id] as const))
  const { isOwn } = new ImageSpace(run.imageHost)
  const here = sent.filter((name) => (isOwn ? given.has(name) : names.get(name) !== 'nobody'))
  if (here.length === 0)
    return notFound(word, `An image does not exist locally with the tag: ${operation.image}`)
  if (given.size > MOST_PUSHED) {
    const why = `more than ${MOST_PUSHED} tags would be names on the host for as long as they are pushed`
    return refuse(word, 'push.own', `push of ${given.size} tags`, {
      why,
      instead: [`docker push ${reference.name}:TAG`],
    })
  }
  const others = (isOwn ? sent : here).filter((name) => isAnothers(names.get(name), isOwn))
  if (others.length > 0)
    return refuseAll(
      word,
      others.map((name) => notOwn(name, isOwn)),
    )
  return allow(word, RULE, { on: 'push', operation, name: reference.name, tag: reference.tag, given })
}

/** Tags of one push. */
const MOST_PUSHED = 32

function isAnothers(owner: NameOwner | undefined, isOwn: boolean): boolean {
  return isOwn ? owner === 'other' : owner !== 'self'
}

function notOwn(name: string, isOwn: boolean): Violation {
  const why = isOwn
    ? 'this host has an image of that name which is somebody else’s, and it would have to lose the name for the push'
    : 'this worker did not give it that name'
  const instead = isOwn ? ['docker tag, with another tag'] : ['docker tag, with an own name']
  return { rule: 'push.own', what: `push of ${name}`, why, instead }
}

/** By id an image is saved without its names, by a covered name with that one. */
export function decideSave(
  run: RunPolicy,
  word: Subcommand,
  operation: ImageSave,
  { images }: Pick<Facts, 'images'>,
): Verdict {
  const references: string[] = []
  for (const written of operation.images) {
    const image = images.get(written)
    if (image === undefined || !isVisible(run, written, image))
      return notFound(word, `No such image: ${written}`)
    const named = usableName(run, written, image)
    references.push(named === undefined ? image.id : fullReference(named))
  }
  return allow(word, RULE, { on: 'save', operation, references })
}

/** Words of a search, with the registry in front where it is not Docker Hub (moby, registry/search.go). */
const TERM = /^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,254}$/

export function decideSearch(run: RunPolicy, word: Subcommand, operation: ImageSearch): Verdict {
  const { term = '' } = operation.parameters
  if (!TERM.test(term) || term.includes('//') || term.includes('..'))
    return refuse(word, RULE, `term = ${term}`, { why: 'this is not a plain search term' })
  const [first = '', ...rest] = term.split('/')
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const host = hasHost && first !== 'index.docker.io' ? first : 'docker.io'
  if (!run.images.some((pattern) => pattern.startsWith('**') || pattern.startsWith(`${host}/`))) {
    const why = `the host would ask the registry ${host}, of which this worker may use no image`
    return refuse(word, RULE, `term = ${term}`, { why, instead: registriesOf(run) })
  }
  return allow(word, RULE, { on: 'search', operation })
}

function registriesOf({ images }: RunPolicy): readonly string[] {
  const hosts = new Set(images.map((pattern) => pattern.slice(0, pattern.indexOf('/'))))
  return [...hosts].slice(0, 3).map((host) => `docker search ${host}/WORD`)
}

function planNewName(
  run: RunPolicy,
  given: NewName,
  names: Facts['names'],
  violations: Violation[],
): string | undefined {
  const written = newName(given)
  return written === undefined ? undefined : planName(run, `name = ${written}`, written, names, violations)
}

function checkChanges(changes: readonly ImageChange[] | undefined, violations: Violation[]): void {
  checkLabels(labelsOf(changes ?? []), violations)
}
