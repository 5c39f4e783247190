/** What an engine lists, as far as the inventory keeps it. */
import { isGuarded } from '../decode/operations/guarded.ts'
import { isUnset } from '../decode/operations/environment.ts'
import { looksLikeImageId, parseReference, storedReference } from '../decode/reference.ts'
import { nameAmong } from '../shared/container-names.ts'
import { listOf, objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import {
  CLAIM_LABEL,
  IMAGE_CLAIM_LABEL,
  isActedOn,
  labelsLength,
  PROJECT_LABEL,
  WORKER_LABEL,
} from '../shared/labels.ts'
import type { KnownContainer } from './inventory.ts'
import type { KnownImage } from './known-images.ts'

/** A container of GET /containers/json. */
export function readContainer(listed: Unknown): KnownContainer {
  const name = nameAmong(textsOf(listed['Names']))
  const binds = listOf(listed['Mounts'])
    .map(objectOf)
    .filter((mount) => mount['Type'] === 'bind')
  return {
    id: textOf(listed['Id']),
    name: name.slice(1),
    running: ['running', 'paused', 'restarting'].includes(textOf(listed['State'])),
    started: textOf(listed['State']) !== 'created',
    claim: textOf(objectOf(listed['Labels'])[CLAIM_LABEL]),
    image: textOf(listed['ImageID']),
    binds: binds.map((mount) => ({ source: textOf(mount['Source']), readOnly: mount['RW'] === false })),
  }
}

/** An image of GET /images/json. @param podman whether it is Podman that lists it */
export function readImage(listed: Unknown, podman: boolean): KnownImage {
  const names = podman ? podmanNames(listed) : dockerNames(listed)
  return knownImage(listed, names, textOf(listed['ParentId']), objectOf(listed['Labels']), undefined)
}

/** An image of GET /images/NAME/json. @param podman whether it is Podman that tells of it */
export function readInspectedImage(inspected: Unknown, podman: boolean): KnownImage {
  const names = podman ? podmanNames(inspected) : dockerNames(inspected)
  const { Labels, Volumes, ExposedPorts, Env } = objectOf(inspected['Config'])
  const countOf = (named: unknown): number => Object.keys(objectOf(named)).length
  const guarded = Object.keys(objectOf(Volumes)).find(isGuarded)
  const named = {
    volumes: countOf(Volumes),
    ports: countOf(ExposedPorts),
    guarded,
    unset: textsOf(Env).find(isUnset),
  }
  return knownImage(inspected, names, textOf(inspected['Parent']), objectOf(Labels), named)
}

/** Characters that an engine lists of an image beside its names and labels: ids, sizes, what containerd's store has of its manifest. */
const REST = 500

function knownImage(
  told: Unknown,
  names: Pick<KnownImage, 'names' | 'digests'>,
  parent: string,
  labels: Unknown,
  named: KnownImage['named'],
): KnownImage {
  const written = [...textsOf(told['RepoTags']), ...textsOf(told['RepoDigests'])]
  return {
    id: textOf(told['Id']),
    ...names,
    // Of one that was loaded it is what its archive says.
    parent: looksLikeImageId(parent) ? parent : '',
    worker: textOf(labels[WORKER_LABEL]),
    claim: textOf(labels[IMAGE_CLAIM_LABEL]),
    project: typeof labels[PROJECT_LABEL] === 'string' ? labels[PROJECT_LABEL] : undefined,
    actedOn: Object.keys(labels).filter(isActedOn),
    labels: labelsLength(labels),
    listed: JSON.stringify({ names: written, labels }).length + REST,
    named,
  }
}

/**
 * Full references of an image as Docker lists it. Beside the tags of a repository containerd's store tells the id as a digest there,
 * which nobody gave and nobody can take; one that was pulled by its digest has that among its tags.
 */
function dockerNames(listed: Unknown): Pick<KnownImage, 'names' | 'digests'> {
  const [id, tags] = [textOf(listed['Id']), textsOf(listed['RepoTags'])]
  const isId = (name: string): boolean =>
    name.endsWith(`@${id}`) && tags.some((tag) => tag.startsWith(`${repositoryOf(name)}:`))
  const digests = textsOf(listed['RepoDigests']).filter((name) => !tags.includes(name) && !isId(name))
  return { names: inFull([...tags, ...digests]), digests: [] }
}

/**
 * The same as Podman lists it. In the repository of each tag it tells the digest too, which nobody gave, and which stays where somebody
 * did and the tag goes (libimage, Image.RepoDigests, Image.Untag).
 */
function podmanNames(listed: Unknown): Pick<KnownImage, 'names' | 'digests'> {
  const tags = inFull(textsOf(listed['RepoTags']))
  const digests = inFull(textsOf(listed['RepoDigests']))
  const hasTag = (name: string): boolean => tags.some((tag) => tag.startsWith(`${repositoryOf(name)}:`))
  return {
    names: [...new Set([...tags, ...digests.filter((name) => !hasTag(name))])],
    digests: [...new Set(digests.flatMap((name) => parseReference(name)?.digest ?? []))],
  }
}

function repositoryOf(name: string): string {
  return name.slice(0, name.indexOf('@'))
}

function inFull(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    // Of an image for another platform containerd's store lists the id among its digests.
    const isNone = name.includes('<none>') || looksLikeImageId(name)
    const reference = isNone ? undefined : parseReference(name)
    return reference === undefined ? [] : [storedReference(reference)]
  })
}
