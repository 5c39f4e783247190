/** Lists, brought down to what is in reach. */
import { listOf, objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { filterImages } from './images.ts'
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
