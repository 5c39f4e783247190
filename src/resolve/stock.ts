/** What creates name: that which is asked for, and those by which containers that are there were made. */
import type { Operation } from '../decode/operation.ts'
import { sharedContainers, type ContainerCreate } from '../decode/operations/container-create.ts'
import { mounts, needsFit } from '../decode/properties.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { World } from '../world/world.ts'
import { containerInReach, execInReach, isMeant } from './containers.ts'
import type { ContainerFacts, Facts, OfFit } from './facts.ts'
import { lookUp } from './look-up.ts'
import { networkInReach } from './networks.ts'
import { volumeOwner } from './volumes.ts'

/** Own containers that must still be what the policy gives: the one that an operation is on first, and those whose namespaces it is in. */
export function stockOf(world: World, worker: WorkerPolicy, operation: Operation): readonly ContainerFacts[] {
  const found = new Map<string, ContainerFacts>()
  const add = (container: ContainerFacts | undefined): void => {
    if (container?.owner !== 'self' || found.has(container.id)) return
    found.set(container.id, container)
    if (container.made !== undefined) addShared(container.made)
  }
  const addShared = (create: ContainerCreate): void => {
    for (const shared of sharedContainers(create)) add(containerInReach(world, worker, shared))
  }
  if (operation.kind === 'container.create') addShared(operation)
  else if (operation.kind === 'exec.start') add(execInReach(world, worker, operation.exec)?.container)
  else if ((needsFit(operation) || mounts(operation)) && 'container' in operation)
    add(containerInReach(world, worker, operation.container))
  return [...found.values()]
}

/** What a create names, and what is there of it. */
export function factsOfCreate(
  world: World,
  worker: WorkerPolicy,
  operation: ContainerCreate,
  paths: Facts['paths'],
): Pick<Facts, OfFit | 'volumes' | 'nameMeant'> {
  const { volumesFrom, links, endpoints } = operation
  const named = [...volumesFrom, ...links, ...endpoints.flatMap((endpoint) => endpoint.links)].map(
    ({ container }) => container,
  )
  const { others, ...fit } = factsOfFit(world, worker, operation, paths)
  const volumes = operation.mounts.flatMap((mount) => (mount.type === 'volume' ? (mount.source ?? []) : []))
  return {
    ...fit,
    nameMeant: isMeant(world, worker, operation.name ?? ''),
    others: new Map([...others, ...lookUp(named, (name) => containerInReach(world, worker, name))]),
    volumes: lookUp(volumes, (name) => volumeOwner(world, worker, name)),
  }
}

/** What the creates of an operation name: its own, and those by which containers that are there were made. */
export function factsOfFit(
  world: World,
  worker: WorkerPolicy,
  operation: Operation,
  paths: Facts['paths'],
): Pick<Facts, OfFit> {
  const creates = [
    ...(operation.kind === 'container.create' ? [operation] : []),
    ...stockOf(world, worker, operation).flatMap(({ made }) => made ?? []),
  ]
  const networks = creates.flatMap(({ network, endpoints }) => [
    ...endpoints.map((endpoint) => endpoint.network),
    ...(network.mode === 'network' ? [network.network] : []),
  ])
  return {
    paths,
    roots: paths,
    others: lookUp(creates.flatMap(sharedContainers), (name) => containerInReach(world, worker, name)),
    networks: lookUp(networks, (name) => networkInReach(world, worker, name)),
  }
}
