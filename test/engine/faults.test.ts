/** What the faults of the engines of the tests make of a policy's words. */
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { kindOf, onEngines } from '../support/engine.ts'
import { startGate } from '../support/gate.ts'
import { policyFor } from '../support/policy.ts'

const refusing = (directory: string): string =>
  `engine: { refuse_vulnerable: true }\n${policyFor(directory, { allow: ['run', 'cp'] })}`

describe.each(onEngines('new', 'old'))('on the %s engine', (engine) => {
  test('words by which a fault leads to the host are told, and refused where the policy says so', async () => {
    await using gate = await startGate({ engine, policy: refusing })
    const ran = await docker(gate, ['run', '--rm', 'busybox', 'echo', 'ran'])
    const { stderr } = gate.output()
    if (['old', '26'].includes(kindOf(engine))) {
      expect(stderr).toMatch(
        /with this engine run could reach the host \(.*CVE-2025-52881.*\), and so is refused/,
      )
      expect(ran).toMatchObject({ code: 125, stderr: expect.stringContaining('engine.vulnerable') })
    } else {
      expect(stderr).not.toContain('reach the host')
      expect(ran).toEqual({ code: 0, stdout: 'ran\n', stderr: '' })
    }
    const copies = stderr.includes(
      'cp could reach the host (CVE-2026-42306, CVE-2026-41568), and so is refused',
    )
    expect(copies).toBe(kindOf(engine) === 'old')
  })
})
