/** Policies that change a lot at once, while calls go on. */
import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { workerSocket } from '../support/policy.ts'
import { until } from '../support/process.ts'
import { otherSocket } from '../support/two-workers.ts'

/** Two workers, of whom the one or the other may look at images; on their own sockets or on each other's. */
function policyOf(
  directory: string,
  who: 'ai-worker' | 'other-worker',
  sockets = [workerSocket, otherSocket],
) {
  const allow = (name: string): readonly string[] => ['version', ...(name === who ? ['images'] : [])]
  const [one, other] = sockets.map((socket) => socket(directory))
  return stringify({
    version: 1,
    workers: {
      'ai-worker': { socket: one, docker: { allow: allow('ai-worker') } },
      'other-worker': { socket: other, docker: { allow: allow('other-worker') } },
    },
  })
}

async function put(gate: Gate, text: string): Promise<void> {
  const file = join(gate.directory, 'policy.yaml')
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

async function mayLook(socket: string): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    const { status } = await request(socket, { path: '/images/json' })
    if (status === 200 || status === 403) return status === 200
    // An engine fails at its list while another test removes one of its images.
    expect(tries).toBeLessThan(5)
  }
}

function adoptions(gate: Gate): number {
  return gate.output().stderr.split('the new policy is in force').length - 1
}

test('rights that two workers swap in one policy are swapped in one step', async () => {
  await using gate = await startGate({ policy: (directory) => policyOf(directory, 'ai-worker') })
  const [one, other] = [workerSocket(gate.directory), otherSocket(gate.directory)]
  await until(() => existsSync(other), 'the socket of the other')
  for (const who of ['other-worker', 'ai-worker', 'other-worker'] as const) {
    const seen: string[] = []
    const before = adoptions(gate)
    await put(gate, policyOf(gate.directory, who))
    while (adoptions(gate) === before) {
      seen.push((await mayLook(one)) ? 'one' : '')
      seen.push((await mayLook(other)) ? 'other' : '')
    }
    // From some moment on the other one may, and never both, nor the first again.
    const [loser, winner] = who === 'ai-worker' ? ['other', 'one'] : ['one', 'other']
    const granted = seen.filter((name) => name !== '')
    expect(granted.lastIndexOf(loser)).toBeLessThan(
      granted.includes(winner) ? granted.indexOf(winner) : Infinity,
    )
    expect([await mayLook(one), await mayLook(other)]).toEqual([winner === 'one', winner === 'other'])
  }
})

test('sockets that two workers swap in one policy lead to the one whose they are now', async () => {
  await using gate = await startGate({ policy: (directory) => policyOf(directory, 'ai-worker') })
  const [one, other] = [workerSocket(gate.directory), otherSocket(gate.directory)]
  await until(() => existsSync(other), 'the socket of the other')
  expect([await mayLook(one), await mayLook(other)]).toEqual([true, false])
  await put(gate, policyOf(gate.directory, 'ai-worker', [otherSocket, workerSocket]))
  await until(() => adoptions(gate) > 0, 'the policy')
  expect([await mayLook(one), await mayLook(other)]).toEqual([false, true])
  expect(gate.output().stderr).not.toContain('is not served')
})
