/**
 * The faults of engines that a worker could reach, and what closes them. It is as of 2026-11-30; docs/reference/engine-faults.md is
 * written from it.
 */
import type { Fault } from './fault.ts'
import { OF_IMAGES } from './table/docker-images.ts'
import { COPIES, OF_CONTAINERS, OF_NETWORKS } from './table/docker.ts'
import { PODMAN } from './table/podman.ts'
import { CONTAINERD, CRUN, RUNC } from './table/runtimes.ts'

export const FAULTS: readonly Fault[] = [
  ...COPIES,
  ...OF_CONTAINERS,
  ...OF_NETWORKS,
  ...OF_IMAGES,
  ...RUNC,
  ...CONTAINERD,
  ...PODMAN,
  ...CRUN,
]
