/** What an engine lists, as far as the inventory keeps it. */
import { looksLikeImageId, parseReference, storedReference } from '../decode/reference.ts'
import { listOf, objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import { CLAIM_LABEL, IMAGE_CLAIM_LABEL, labelsLength, WORKER_LABEL } from '../shared/labels.ts'
import type { KnownContainer } from './inventory.ts'
import type { KnownImage } from './known-images.ts'

/** A container of GET /containers/json. */
export function readContainer(listed: Unknown): KnownContainer {
  // A container has further names where a link points to it: /other/alias.
  const name = textsOf(listed['Names']).find((candidate) => candidate.lastIndexOf('/') === 0) ?? ''
  const binds = listOf(listed['Mounts'])
    .map(objectOf)
    .filter((mount) => mount['Type'] === 'bind')
  return {
    id: textOf(listed['Id']),
    name: name.slice(1),
    running: ['running', 'paused', 'restarting'].includes(textOf(listed['State'])),
    started: textOf(listed['State']) !== 'created',
    claim: textOf(objectOf(listed['Labels'])[CLAIM_LABEL]),
    binds: binds.map((mount) => ({ source: textOf(mount['Source']), readOnly: mount['RW'] === false })),
  }
}

/** An image of GET /images/json. */
export function readImage(listed: Unknown): KnownImage {
  return knownImage(listed, textOf(listed['ParentId']), objectOf(listed['Labels']), undefined)
}

/** An image of GET /images/NAME/json. */
export function readInspectedImage(inspected: Unknown): KnownImage {
  const { Labels, Volumes, ExposedPorts } = objectOf(inspected['Config'])
  const countOf = (named: unknown): number => Object.keys(objectOf(named)).length
  const named = { volumes: countOf(Volumes), ports: countOf(ExposedPorts) }
  return knownImage(inspected, textOf(inspected['Parent']), objectOf(Labels), named)
}

/** Characters that an engine lists of an image beside its names and labels: ids, sizes, what containerd's store has of its manifest. */
const REST = 500

function knownImage(told: Unknown, parent: string, labels: Unknown, named: KnownImage['named']): KnownImage {
  const names = [...textsOf(told['RepoTags']), ...textsOf(told['RepoDigests'])]
  return {
    id: textOf(told['Id']),
    names: imageNames(told),
    // Of one that was loaded it is what its archive says.
    parent: looksLikeImageId(parent) ? parent : '',
    worker: textOf(labels[WORKER_LABEL]),
    claim: textOf(labels[IMAGE_CLAIM_LABEL]),
    labels: labelsLength(labels),
    listed: JSON.stringify({ names, labels }).length + REST,
    named,
  }
}

/**
 * Full references of an image as the engine lists it. Beside the tags of a repository containerd's store tells the id as a digest there,
 * which nobody gave and nobody can take; one that was pulled by its digest has that among its tags.
 */
function imageNames(listed: Unknown): readonly string[] {
  const [id, tags] = [textOf(listed['Id']), textsOf(listed['RepoTags'])]
  const isId = (name: string): boolean =>
    name.endsWith(`@${id}`) && tags.some((tag) => tag.startsWith(`${name.slice(0, name.indexOf('@'))}:`))
  const digests = textsOf(listed['RepoDigests']).filter((name) => !tags.includes(name) && !isId(name))
  return [...tags, ...digests].flatMap((name) => {
    // Of an image for another platform containerd's store lists the id among its digests.
    const isNone = name.includes('<none>') || looksLikeImageId(name)
    const reference = isNone ? undefined : parseReference(name)
    return reference === undefined ? [] : [storedReference(reference)]
  })
}
