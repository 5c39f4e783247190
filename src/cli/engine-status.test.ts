/** What `dockgate status` says of the engines of the tests, and `policy show` of the same. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { openGate } from '../../test/support/local-gate.ts'
import {
  DOCKER_20_10,
  DOCKER_26,
  DOCKER_28,
  DOCKER_28_CONTAINERD,
  PODMAN_CRUN,
} from '../../test/support/engines-told.ts'
import { createOperatorDoor } from '../doors/operator/door.ts'
import { Engine } from '../engine/engine.ts'
import { faultsOf } from '../faults/faults-of.ts'
import { isPodman, type Told } from '../faults/told.ts'
import { addPolicyCommands } from './policy.ts'
import { addStatusCommand } from './status.ts'

const local = await openGate(undefined, { docker: { allow: ['run', 'cp'], run: { images: ['busybox'] } } })
const { gate, store, record, directory } = local
const engine = new Engine('unix:///nonexistent/docker.sock')
const setting = { directory, url: 'unix:///e', policy: 'policy.yaml', written: () => '', store }
const door = createOperatorDoor({ gate, engine, record, setting })
beforeAll(() => door.listen())
afterAll(async () => {
  await door.close()
  engine.close()
  local[Symbol.dispose]()
})

/** The gate stands before an engine that tells this; before none where it is undefined. */
function standBefore(told: Told | undefined): void {
  const facts = { minor: 45, nanoCpus: 8e9, logDriver: 'json-file', containerd: false }
  const connected = told && {
    facts: { ...facts, podman: isPodman(told), faults: faultsOf(told) },
    ...{ pingHeaders: {}, version: told.version, dataRoot: '/var/lib/docker' },
  }
  Object.defineProperty(gate.feed, 'connected', { configurable: true, get: () => connected })
}

async function run(...line: readonly string[]): Promise<string> {
  let out = ''
  const program = new Command('dockgate')
    .exitOverride()
    .configureOutput({ writeOut: (text) => (out += text) })
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text)
    return true
  })
  try {
    addStatusCommand(program, {})
    addPolicyCommands(program)
    await program.parseAsync([...line, '--state', directory], { from: 'user' })
  } finally {
    write.mockRestore()
    process.exitCode = 0
  }
  return out
}

describe('status', () => {
  test.each<readonly [string, Told, readonly string[]]>([
    [
      "Debian 12's Docker",
      DOCKER_20_10,
      [
        "cp can reach the host (CVE-2026-42306, CVE-2026-41568): update docker to 25.0.17, which Debian's bookworm does not have, or take the word away",
        'run can reach the host (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881, CVE-2024-45310): update runc to 1.2.8, which',
      ],
    ],
    [
      "Debian 13's Docker",
      DOCKER_26,
      [
        'run can reach the host (CVE-2025-31133, CVE-2025-52565): update runc to 1.1.15+ds1-2+deb13u1, or',
        "run can reach the host (CVE-2025-52881): update runc to 1.2.8, which Debian's trixie does not have, or",
      ],
    ],
    ["sid's Docker", DOCKER_28, []],
    ["sid's Docker with containerd's store", DOCKER_28_CONTAINERD, []],
    [
      "Debian 12's Podman",
      PODMAN_CRUN,
      [
        'run may reach the host (CVE-2026-55686, CVE-2025-11395): update podman to 6.1.2, which',
        'run may reach the host (CVE-2024-9341 where the host is in FIPS mode): update podman to 5.2.4, which',
        'run can reach the host (CVE-2026-47766): update crun to 1.28, which',
        'run can reach the host (CVE-2026-88264): no crun without it is known, or take the word away',
      ],
    ],
  ])('says by what words of the policy %s leads to the host', async (_, told, expected) => {
    standBefore(told)
    const lines = (await run('status')).split('\n').filter((line) => line.includes('reach the host'))
    expect(lines.map((line) => line.replace(/^ {9}! with this engine /, ''))).toEqual(
      expected.map((start) => expect.stringContaining(start)),
    )
  })

  test('tells programs each fault, with the words that reach it and those that are given', async () => {
    standBefore(DOCKER_20_10)
    const { engine: told } = JSON.parse(await run('status', '--json'))
    expect(told.faults).toContainEqual({
      ...{ id: 'CVE-2026-42306', component: 'docker', version: '20.10.24+dfsg1-1+deb12u1' },
      ...{ says: expect.any(String), gives: 'host', sure: true, words: ['cp'], given: ['cp'] },
      update: { what: 'docker', to: '25.0.17', lacking: 'bookworm' },
      ...{ accepted: false, refused: false },
    })
    standBefore(undefined)
    expect(JSON.parse(await run('status', '--json')).engine.faults).toEqual([])
  })
})

test('policy show asks the gate that runs', async () => {
  const file = join(directory, 'policy.yaml')
  writeFileSync(file, 'version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [cp] } } }\n')
  standBefore(DOCKER_20_10)
  expect(await run('policy', 'show', file)).toContain(
    "\nfaults of the gate's engine, version 20.10.24+dfsg1\n  ! with this engine cp can reach the host (CVE-2026-42306, CVE-2026-41568)",
  )
  standBefore(undefined)
  expect(await run('policy', 'show', file)).toContain("is not known: the gate's engine is away\n")
})
