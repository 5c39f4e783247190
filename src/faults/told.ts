/** The versions of an engine and of what it runs, and what else faults hang on: read from its answers to /version and /info. */
import { listOf, objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import { dockerPackage } from './debian.ts'
import type { Component, Need } from './fault.ts'

/** What an engine tells of itself. */
export interface Told {
  readonly version: Unknown
  readonly info: Unknown
}

export interface Version {
  readonly component: Component
  /** As it is told. */
  readonly told: string
  /** Without what a distribution wrote behind it. */
  readonly upstream: string
  /** Whose build it is: upstream's and Debian's are known, of others it is not known what they have mended. */
  readonly by: 'upstream' | 'debian' | 'others'
  /** Debian's package; undefined where nothing tells it. */
  readonly package: string | undefined
}

/** Whether something holds on the host, by what it is that faults need; undefined where an engine does not tell. */
export type Conditions = Readonly<Partial<Record<Need, boolean>>>

interface Part {
  readonly name: string
  readonly version: string
  readonly details: Unknown
}

export function isPodman({ version }: Told): boolean {
  return partsOf(version).some(({ name }) => name === 'Podman Engine')
}

/** Every version that an engine tells. */
export function versionsOf(told: Told): readonly Version[] {
  const parts = partsOf(told.version)
  return isPodman(told) ? versionsOfPodman(told.version, parts) : versionsOfDocker(told.version, parts)
}

function versionsOfDocker(version: Unknown, parts: readonly Part[]): readonly Version[] {
  const told = textOf(version['Version'])
  const isDebian = told.includes('+dfsg')
  // Docker's own packages say so here.
  const isDockers = textOf(objectOf(version['Platform'])['Name']).startsWith('Docker Engine')
  const by = isDebian ? 'debian' : isDockers ? 'upstream' : 'others'
  const built = textOf(version['BuildTime'])
  return [
    ...versionOf('docker', told, by, isDebian ? dockerPackage(told, built) : undefined),
    ...versionOf('go', textOf(version['GoVersion']).replace(/^go/, ''), by, undefined),
    ...parts.flatMap(({ name, version: written, details }) =>
      name === 'runc' || name === 'containerd'
        ? versionByCommit(name, written, textOf(details['GitCommit']))
        : [],
    ),
  ]
}

/** Podman tells no revision of its own package, and of its runtime what dpkg knows, or the runtime itself says. */
function versionsOfPodman(version: Unknown, parts: readonly Part[]): readonly Version[] {
  const isDebian = textOf(objectOf(version['Platform'])['Name']).includes('/debian-')
  const engine = versionOf('podman', textOf(version['Version']), isDebian ? 'debian' : 'others', undefined)
  const runtimes = parts.flatMap(({ name, version: text, details }) => {
    const runtime = /^OCI Runtime \((runc|crun)\)$/.exec(name)?.[1]
    if (runtime !== 'runc' && runtime !== 'crun') return []
    const written = /\bversion (\S+)/.exec(text)?.[1] ?? ''
    const installed = /^[a-z]+_([^_]+)_[a-z0-9]+$/.exec(textOf(details['Package']))?.[1]
    if (installed !== undefined) return versionOf(runtime, written, isDebian ? 'debian' : 'others', installed)
    return versionByCommit(runtime, written, /^commit: (\S+)$/m.exec(text)?.[1] ?? '')
  })
  return [...engine, ...runtimes]
}

/** Debian writes the version of its package where upstream has a commit. */
function versionByCommit(component: Component, told: string, commit: string): readonly Version[] {
  const isDebian = /[+~]ds[0-9]*-/.test(commit) && !commit.includes('ubuntu')
  const isCommit = /^(?:[0-9a-f]{40}|v[0-9.]+\S*-g[0-9a-f]{7,})$/.test(commit)
  // Debian's containerd of 2.1 tells no package at all.
  if (commit === '' && told.endsWith('+unknown')) return versionOf(component, told, 'debian', undefined)
  const by = isDebian ? 'debian' : isCommit ? 'upstream' : 'others'
  return versionOf(component, told, by, isDebian ? commit : undefined)
}

function versionOf(
  component: Component,
  told: string,
  by: Version['by'],
  found: string | undefined,
): readonly Version[] {
  const upstream = /^v?([0-9]+(?:\.[0-9]+)+(?:-(?:alpha|beta|rc)[.0-9]*)?)/.exec(told)?.[1]
  return upstream === undefined ? [] : [{ component, told, upstream, by, package: found }]
}

function partsOf(version: Unknown): readonly Part[] {
  return listOf(version['Components'])
    .map(objectOf)
    .map((part) => ({
      name: textOf(part['Name']),
      version: textOf(part['Version']),
      details: objectOf(part['Details']),
    }))
}

/** What an engine tells of the host, as far as faults hang on it. */
export function conditionsOf({ info }: Told): Conditions {
  const security = textsOf(info['SecurityOptions'])
  const has = (name: string): boolean => security.some((option) => option.split(',').includes(`name=${name}`))
  const firewall = textOf(objectOf(info['FirewallBackend'])['Driver'])
  return {
    authorization: listOf(objectOf(info['Plugins'])['Authorization']).length > 0,
    containerdStore: listOf(info['DriverStatus']).some(
      (pair) => listOf(pair)[1] === 'io.containerd.snapshotter.v1',
    ),
    mappedUsers: has('userns'),
    rootless: has('rootless'),
    selinux: has('selinux'),
    ...(firewall === '' ? {} : { firewalld: firewall.includes('firewalld') }),
  }
}
