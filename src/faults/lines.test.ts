import { describe, expect, test } from 'vitest'
import { policyOf } from '../../test/cases/world.ts'
import { DOCKER_20_10, DOCKER_26, DOCKER_28, DOCKERS_OWN_28 } from '../../test/support/engines-told.ts'
import { faultsOf } from './faults-of.ts'
import { describeFaults, reachedBy } from './lines.ts'
import type { Told } from './told.ts'

function lines(told: Told, allow: readonly string[], engine: Readonly<Record<string, unknown>> = {}) {
  const worker = policyOf({ engine, docker: { allow, reach: {} }, run: {}, world: {}, without: [] })
  return describeFaults(reachedBy(faultsOf(told), { workers: [worker], faults: worker.docker.faults }))
}

describe('what the operator is told', () => {
  test('is of the words that the policy gives, those that lead to the host first', () => {
    expect(lines(DOCKER_20_10, ['ps', 'cp'])).toEqual([
      "with this engine cp can reach the host (CVE-2026-42306, CVE-2026-41568): update docker to 25.0.17, which Debian's bookworm does not have, or take the word away",
    ])
    expect(lines(DOCKER_26, ['start', 'pull'])).toEqual([
      'with this engine start can reach the host (CVE-2025-31133, CVE-2025-52565): update runc to 1.1.15+ds1-2+deb13u1, or take the word away',
      "with this engine start can reach the host (CVE-2025-52881): update runc to 1.2.8, which Debian's trixie does not have, or take the word away",
      "with this engine start can reach what is others' (moby a3fef5debc): update docker to 28.0.2, which Debian's trixie does not have, or take the word away",
      "with this engine start, pull can take the host's memory and CPUs, or end what runs (CVE-2026-61801, CVE-2025-58183 perhaps, CVE-2026-135844 perhaps, CVE-2026-47262 perhaps): update docker to 29.6.1 and runc to 1.6.0 and containerd to 1.7.33, which Debian's trixie does not have, or take the words away",
    ])
    expect(lines(DOCKERS_OWN_28, ['start']).slice(0, 2)).toEqual([
      'with this engine start can reach the host (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881): update runc to 1.2.8, or take the word away',
      'with this engine start may reach the host (CVE-2024-25621 where the worker has an account on the host): update containerd to 1.7.29, or take the word away',
    ])
    expect(lines(DOCKER_28, ['ps', 'cp', 'load'])).toEqual([])
  })

  test('is nothing of what the operator accepts', () => {
    const accept = ['CVE-2026-42306', 'CVE-2026-41568']
    expect(lines(DOCKER_20_10, ['cp'], { accept })).toEqual([])
  })

  test('says what is refused', () => {
    expect(lines(DOCKER_20_10, ['cp'], { refuse_vulnerable: true })).toEqual([
      "with this engine cp could reach the host (CVE-2026-42306, CVE-2026-41568), and so is refused: update docker to 25.0.17, which Debian's bookworm does not have",
    ])
  })
})
