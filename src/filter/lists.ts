/** Lists, brought down to what is in reach. */
import { listOf, objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import { pick } from './inspect.ts'
import type { View } from './view.ts'

/** Fields that say nothing of a container's insides. */
const PLAIN_CONTAINER = [
  'Id',
  'Names',
  'Image',
  'ImageID',
  'Created',
  'State',
  'Status',
  'SizeRw',
  'SizeRootFs',
]

export function filterContainers(list: unknown, view: View): readonly Unknown[] {
  return listOf(list)
    .map(objectOf)
    .filter((container) => view.container(textOf(container['Id'])))
    .map((container) =>
      view.inspectable(textOf(container['Id']))
        ? container
        : { ...pick(container, PLAIN_CONTAINER), Command: '', Ports: [], Labels: {}, Mounts: [] },
    )
}

/**
 * Images that go by one of the worker's names, or are its own; other names of theirs are left out.
 * @param byName whether the engine was asked for names: it then lists those that match alone, and a name that is left out
 *   must not show by the image's being there
 */
export function filterImages(list: unknown, view: View, byName = false): readonly Unknown[] {
  return listOf(list)
    .map(objectOf)
    .flatMap((image) => {
      const names = ownNames(image, view)
      const known = names.RepoTags.length + names.RepoDigests.length > 0
      const isOwn = !byName && view.image(textOf(image['Id']))
      // How many containers use it, and how much of it others have too, would tell of other people's.
      return known || isOwn ? [{ ...image, ...names, Containers: -1, SharedSize: -1 }] : []
    })
}

/** An image as it is inspected: other people's names for it are left out. */
export function filterImage(image: Unknown, view: View): Unknown {
  return { ...image, ...ownNames(image, view) }
}

/** An image's layers, with no other names than the worker's. */
export function filterHistory(list: unknown, view: View): readonly Unknown[] {
  return listOf(list)
    .map(objectOf)
    .map((layer) => ({ ...layer, Tags: textsOf(layer['Tags']).filter(view.imageName) }))
}

function ownNames(
  image: Unknown,
  view: View,
): { readonly RepoTags: readonly string[]; readonly RepoDigests: readonly string[] } {
  return {
    RepoTags: textsOf(image['RepoTags']).filter(view.imageName),
    RepoDigests: textsOf(image['RepoDigests']).filter(view.imageName),
  }
}

const NETWORK = [
  'Name',
  'Id',
  'Created',
  'Scope',
  'Driver',
  'EnableIPv6',
  'Internal',
  'Attachable',
  'Ingress',
  'ConfigOnly',
]

/**
 * Own networks, the built-in ones and those that the policy names.
 * @param byLabel whether the engine was asked for labels: those of others are not told
 */
export function filterNetworks(list: unknown, view: View, byLabel = false): readonly Unknown[] {
  return listOf(list)
    .map(objectOf)
    .filter((network) => {
      const owner = view.network(textOf(network['Id']))
      return byLabel ? owner === 'self' : owner !== undefined
    })
    .map((network) => filterNetwork(network, view))
}

/** A network in reach: only containers in reach are shown on it, and of others' networks neither labels nor addresses. */
export function filterNetwork(network: Unknown, view: View): Unknown {
  const shown = Object.entries(objectOf(network['Containers'])).filter(([id]) => view.container(id))
  const Containers = Object.fromEntries(shown)
  if (view.network(textOf(network['Id'])) === 'self') return { ...network, Containers }
  return {
    ...pick(network, NETWORK),
    Labels: {},
    Options: {},
    Containers,
    IPAM: { Driver: 'default', Config: [] },
  }
}

export function filterVolumes(answer: unknown, view: View): Unknown {
  return { Volumes: ownVolumes(objectOf(answer)['Volumes'], view), Warnings: [] }
}

function ownVolumes(list: unknown, view: View): readonly Unknown[] {
  return listOf(list).map(objectOf).filter(view.volume)
}

/** Disk usage of what is in reach; layers that images share with others' are counted in full. */
export function filterDiskUsage(answer: unknown, view: View): Unknown {
  const usage = objectOf(answer)
  const images = filterImages(usage['Images'], view)
  const sizes = images.map((image) => Number(image['Size'] ?? 0))
  return {
    LayersSize: sizes.reduce((sum, size) => sum + size, 0),
    Images: images,
    Containers: filterContainers(usage['Containers'], view),
    Volumes: ownVolumes(usage['Volumes'], view),
    BuildCache: [],
    BuilderSize: 0,
  }
}
