/** Debian's packages, which are mended in place: a version of upstream's alone does not tell. As of 2026-11-30. */
import { compareVersions } from './compare.ts'
import { SUITE_NAMES, type Component, type Suite } from './fault.ts'

/** The newest package of each suite that the table knows, in the order of the suites; security updates are among them. */
const NEWEST: Readonly<Record<Component, readonly [string, string, string]>> = {
  docker: ['20.10.24+dfsg1-1+deb12u1', '26.1.5+dfsg1-9+deb13u1', '28.5.2+dfsg4-5'],
  containerd: ['1.6.20~ds1-1+deb12u3', '1.7.24~ds1-6+deb13u1', '2.1.9+ds1-5'],
  runc: ['1.1.5+ds1-1+deb12u1', '1.1.15+ds1-2+deb13u1', '1.3.6+ds1-1'],
  crun: ['1.8.1-1+deb12u1', '1.21-1', '1.28-1'],
  podman: ['4.3.1+ds1-8+deb12u1', '5.4.2+ds1-2', '5.8.6+ds1-3'],
  go: ['1.19.8-2', '1.24.4-1', '1.27.1-1'],
}

/** When Debian's dockerd of each version was built: an engine tells that, and not the revision of its package. */
const BUILDS: readonly (readonly [string, string])[] = [
  ['20.10.24+dfsg1-1+deb12u1', '2024-10-12T15:19:49Z'],
  ['26.1.5+dfsg1-9', '2025-02-21T19:17:16Z'],
  ['26.1.5+dfsg1-9+deb13u1', '2026-08-13T05:35:47Z'],
  ['28.5.2+dfsg4-1', '2026-04-27T11:07:51Z'],
  ['28.5.2+dfsg4-2', '2026-05-25T00:07:24Z'],
  ['28.5.2+dfsg4-3', '2026-06-23T15:08:56Z'],
  ['28.5.2+dfsg4-4', '2026-08-11T15:35:37Z'],
  ['28.5.2+dfsg4-5', '2026-09-15T11:02:57Z'],
]

const AS_OF = Date.parse('2026-11-30T00:00:00Z')

/** The names of Debian's packages. */
export const PACKAGES: Readonly<Record<Component, string>> = {
  docker: 'docker.io',
  containerd: 'containerd',
  runc: 'runc',
  crun: 'crun',
  podman: 'podman',
  go: 'docker.io',
}

/** The suite whose package has this version of upstream's; undefined where none has. */
export function suiteOf(component: Component, upstream: string): Suite | undefined {
  return SUITE_NAMES.find((_, index) => {
    const newest = NEWEST[component][index] ?? ''
    return newest.startsWith(upstream) && !/^[0-9.]/.test(newest.slice(upstream.length))
  })
}

/** Whether a package is one that came after the table was made. */
export function isNewer(component: Component, suite: Suite, version: string): boolean {
  const newest = NEWEST[component][SUITE_NAMES.indexOf(suite)]
  // A rebuild of the same source has +b and a number behind it.
  return newest !== undefined && compareVersions(version.replace(/\+b[0-9]+$/, ''), newest) > 0
}

/** The package of a dockerd, by when it was built; one that came after the table is known to be newer than all in it. */
export function dockerPackage(version: string, built: string): string | undefined {
  const time = Date.parse(built)
  if (Number.isNaN(time)) return undefined
  const known = BUILDS.filter(([name]) => name.startsWith(`${version}-`))
  const [name] = known.findLast(([, from]) => Date.parse(from) <= time) ?? [`${version}-0`]
  return time > AS_OF ? `${name}+later` : name
}
