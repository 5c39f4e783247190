/** What is found of the engines of the tests, by what each of them tells: docs/operate.md says the same. */
import { describe, expect, test } from 'vitest'
import {
  DOCKER_20_10,
  DOCKER_26,
  DOCKER_28,
  DOCKER_28_CONTAINERD,
  DOCKERS_OWN_28,
  PODMAN_CRUN,
  PODMAN_RUNC,
} from '../../test/support/engines-told.ts'
import { objectOf } from '../shared/json-value.ts'
import { faultsOf } from './faults-of.ts'
import { versionsOf, type Told } from './told.ts'

/** Those that lead to the host: `CVE-…`, with a question mark where it is not sure. */
function toTheHost(told: Told): readonly string[] {
  return faultsOf(told)
    .filter(({ gives }) => gives === 'host')
    .map(({ id, sure }) => (sure ? id : `${id}?`))
}

function others(told: Told): readonly string[] {
  return faultsOf(told)
    .filter(({ gives }) => gives !== 'host')
    .map(({ id, sure }) => (sure ? id : `${id}?`))
}

const RUNC_BEFORE_1_2_8 = ['CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881']

describe('of the engines of the tests', () => {
  test("Debian 12's Docker gives the host by cp and by run", () => {
    expect(toTheHost(DOCKER_20_10)).toEqual([
      ...['CVE-2026-42306', 'CVE-2026-41568', ...RUNC_BEFORE_1_2_8, 'CVE-2024-45310'],
    ])
    expect(others(DOCKER_20_10)).toContain('CVE-2024-24557')
    expect(faultsOf(DOCKER_20_10).find(({ id }) => id === 'CVE-2026-42306')).toMatchObject({
      version: '20.10.24+dfsg1-1+deb12u1',
      words: ['cp'],
      update: { what: 'docker', to: '25.0.17', lacking: 'bookworm' },
    })
  })

  test("Debian 13's Docker of August has no fault of cp, and its runc of before November one of run", () => {
    expect(toTheHost(DOCKER_26)).toEqual(RUNC_BEFORE_1_2_8)
    expect(faultsOf(DOCKER_26).find(({ id }) => id === 'CVE-2025-31133')?.update).toEqual({
      what: 'runc',
      to: '1.1.15+ds1-2+deb13u1',
    })
    expect(others(DOCKER_26)).not.toContain('CVE-2024-24557')
  })

  test("sid's Docker gives the host by nothing that is known, with either store", () => {
    expect(toTheHost(DOCKER_28)).toEqual([])
    expect(toTheHost(DOCKER_28_CONTAINERD)).toEqual([])
    expect(others(DOCKER_28)).toEqual(['CVE-2026-135844?'])
    expect(others(DOCKER_28_CONTAINERD)).toEqual(['CVE-2026-135844?', 'CVE-2026-53493?'])
  })

  test("Debian 12's Podman may give the host by run, as nothing tells its package", () => {
    const [layers, needsFips] = ['CVE-2025-11395?', 'CVE-2024-9341?']
    expect(toTheHost(PODMAN_CRUN)).toEqual([
      ...['CVE-2026-55686?', layers, needsFips, 'CVE-2026-47766', 'CVE-2026-88264'],
    ])
    expect(toTheHost(PODMAN_RUNC)).toEqual([
      ...[...RUNC_BEFORE_1_2_8, 'CVE-2024-45310', 'CVE-2026-41579', 'CVE-2026-55686?'],
      ...[layers, needsFips],
    ])
  })
})

/** The same engine, built at another time, or with another runc. */
function built(told: Told, BuildTime: string): Told {
  return { ...told, version: { ...told.version, BuildTime } }
}

function withRunc(told: Told, Version: string, GitCommit: string): Told {
  const runc = { Name: 'runc', Version, Details: { GitCommit } }
  return { ...told, version: { ...told.version, Components: [runc] } }
}

describe('Debian mends in place', () => {
  test('when a dockerd was built tells its package', () => {
    expect(toTheHost(built(DOCKER_26, '2025-02-21T19:17:16Z'))).toEqual([
      ...['CVE-2026-42306', 'CVE-2026-41568', ...RUNC_BEFORE_1_2_8],
    ])
    expect(toTheHost(built(DOCKER_28, '2026-06-23T15:08:55Z'))).toContain('CVE-2026-42306')
    expect(toTheHost(built(DOCKER_28, '2026-06-23T15:08:56Z'))).toEqual([])
    expect(toTheHost(built(DOCKER_26, 'no time'))).toContain('CVE-2026-42306?')
  })

  test('one that was built after the table may be mended', () => {
    const later = built(DOCKER_20_10, '2027-01-01T00:00:00Z')
    expect(toTheHost(later).slice(0, 2)).toEqual(['CVE-2026-42306?', 'CVE-2026-41568?'])
    expect(toTheHost(withRunc(DOCKER_20_10, '1.1.5+ds1', '1.1.5+ds1-1+deb12u2'))).toContain('CVE-2025-52881?')
  })

  test('a package of runc is mended, and a rebuild of the one before is not', () => {
    const mended = withRunc(DOCKER_26, '1.1.15+ds1', '1.1.15+ds1-2+deb13u1+b1')
    expect(toTheHost(mended)).toEqual(['CVE-2025-52881'])
    expect(toTheHost(withRunc(DOCKER_26, '1.1.15+ds1', '1.1.15+ds1-2+b5'))).toEqual(RUNC_BEFORE_1_2_8)
  })
})

describe("others' builds", () => {
  test("Docker's own are what their versions say", () => {
    expect(versionsOf(DOCKERS_OWN_28).map(({ component, by }) => `${component} ${by}`)).toEqual([
      ...['docker upstream', 'go upstream', 'containerd upstream', 'runc upstream'],
    ])
    expect(toTheHost(DOCKERS_OWN_28)).toEqual([
      ...['CVE-2026-42306', 'CVE-2026-41568', ...RUNC_BEFORE_1_2_8, 'CVE-2024-25621?'],
    ])
    expect(faultsOf(DOCKERS_OWN_28)[0]?.update).toEqual({ what: 'docker', to: '29.5.1' })
  })

  test('what the host is known not to have is no fault of it', () => {
    expect(others(DOCKERS_OWN_28)).not.toContain('CVE-2025-54388?')
    const firewalld = { ...DOCKERS_OWN_28, info: { FirewallBackend: { Driver: 'iptables+firewalld' } } }
    expect(others(firewalld)).toContain('CVE-2025-54388')
    const unknown = { ...DOCKERS_OWN_28, info: {} }
    expect(others(unknown)).toContain('CVE-2025-54388?')
  })

  test('of an engine of another distribution it is not sure', () => {
    const fedora = { ...DOCKERS_OWN_28, version: { ...DOCKERS_OWN_28.version, Platform: { Name: '' } } }
    expect(toTheHost(fedora).slice(0, 2)).toEqual(['CVE-2026-42306?', 'CVE-2026-41568?'])
    const ubuntu = withRunc(DOCKERS_OWN_28, '1.1.12-0ubuntu3.1', '')
    expect(toTheHost(ubuntu)).toContain('CVE-2025-31133?')
  })

  test('an engine that tells nothing has none that are known', () => {
    expect(faultsOf({ version: objectOf(undefined), info: objectOf(undefined) })).toEqual([])
  })
})
