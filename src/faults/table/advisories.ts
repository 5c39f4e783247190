/** Addresses of advisories, and sets of operations that several faults are reached by. */
import type { Reaching } from '../fault.ts'

const at = (repository: string) => (id: string) =>
  `https://github.com/${repository}/security/advisories/${id}`

export const moby = at('moby/moby')
export const buildkit = at('moby/buildkit')
export const opencontainers = at('opencontainers/runc')
export const containerd = at('containerd/containerd')

export function goVulnerability(id: string): string {
  return `https://github.com/golang/vulndb/blob/master/data/reports/${id}.yaml`
}

export function record(cve: string): string {
  return `https://www.cve.org/CVERecord?id=${cve}`
}

export const COPY: readonly Reaching[] = [
  'container.archive-get',
  'container.archive-put',
  'container.archive-stat',
]
/** A container is made, and runs: an engine's restart is a start too. */
export const RUN: readonly Reaching[] = ['container.create', 'container.start', 'container.restart']
export const RUN_OR_EXEC: readonly Reaching[] = [...RUN, 'container.exec']

/** What of BuildKit is given (decide/buildkit/, decode/buildkit/transfer.ts). */
export const OLD_BUILDKIT = 'BuildKit is given from Docker 26 on'
export const OWN_FRONTEND =
  'no frontend is taken but the engine’s own, no address is fetched, and each step and each path of a context is checked'
export const NO_BUILD = 'docker build is refused before Podman'

/** Nothing that an engine tells shows whether a distribution has mended a library in it. */
export const UNSEEN = 'it lies in a library, which can be mended without a trace in the version'
