/** A fault of an engine, or of what it runs, that a worker behind the gate could reach. */
import type { ContainerKind, OtherKind } from '../policy/grants.ts'

/** What has a version of its own; `go` is the library that dockerd is built with. */
export type Component = 'docker' | 'containerd' | 'runc' | 'crun' | 'podman' | 'go'

/** An operation by which a fault is reached. */
export type Reaching = ContainerKind | OtherKind | 'container.exec'

/** What it gives: a way to the host, something of others, or no more than to take resources and to end what runs. */
export type Gain = 'host' | 'others' | 'trouble'

/** Upstream's versions from one on, and up to one that has it no more. */
export interface Range {
  readonly from?: string
  readonly before?: string
}

/** What Debian's package of a suite is: the version of the package that mended it, or a word. */
export type DebianFix = 'not fixed' | 'by its version' | 'not affected' | 'unknown' | `${number}.${string}`

export const SUITE_NAMES = ['bookworm', 'trixie', 'sid'] as const
export type Suite = (typeof SUITE_NAMES)[number]

/** What a fault needs of the host, in the words that follow "where". */
export const NEEDS = {
  account: 'the worker has an account on the host',
  authorization: 'the engine has an authorization plugin',
  autoupdate: 'podman auto-update runs',
  containerdStore: "images are in containerd's store",
  fips: 'the host is in FIPS mode',
  firewalld: 'the host runs firewalld',
  mappedUsers: 'the engine maps users',
  registry: 'workers may push to a registry of run.images',
  rootless: 'the engine is rootless',
  selinux: 'the engine uses SELinux',
} as const
export type Need = keyof typeof NEEDS

export interface Fault {
  /** `CVE-2026-42306`, or what else it is known by. */
  readonly id: string
  readonly also?: readonly string[]
  readonly component: Component
  readonly says: string
  readonly gives: Gain
  readonly ranges: readonly Range[]
  /** In the order of SUITE_NAMES. */
  readonly debian: readonly [DebianFix, DebianFix, DebianFix]
  /** By what it is reached; empty where by nothing that a worker may ask for. */
  readonly by: readonly Reaching[]
  /** What of a request, where not all of it. */
  readonly fields?: string
  /** The engine before which it is reached, where not before both. */
  readonly on?: 'docker' | 'podman'
  readonly needs?: Need
  /** How the gate closes it, whole: it is told as no danger. */
  readonly closed?: string
  /** What of it the gate closes, where some is left. */
  readonly narrowed?: string
  /** Why no version tells for sure. */
  readonly perhaps?: string
  /** What was tried, and what came of it. */
  readonly tried?: string
  readonly unsure?: string
  readonly source: readonly string[]
}
