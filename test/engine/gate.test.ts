import { expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { startGate } from '../support/gate.ts'
import { onEngines } from '../support/engine.ts'

test.each(onEngines('new', 'old'))(
  'a worker runs a container through a gate before the %s engine',
  async (engine) => {
    await using gate = await startGate({ engine })
    const result = await docker(gate, ['run', '--rm', 'busybox', 'echo', 'through'])
    expect(result).toEqual({ code: 0, stdout: 'through\n', stderr: '' })
    expect(await gate.stop()).toMatchObject({ code: 0 })
  },
)

test('a gate that crashed starts again in the same directory, with what its worker owned', async () => {
  await using crashed = await startGate()
  const created = await docker(crashed, ['run', '--detach', 'busybox', 'sleep', '60'])
  expect(created).toMatchObject({ code: 0, stderr: '' })
  await crashed.kill9()
  await using again = await startGate({ directory: crashed.directory })
  const listed = await docker(again, ['ps', '--quiet', '--no-trunc'])
  expect(listed).toEqual({ code: 0, stdout: created.stdout, stderr: '' })
})

test('a gate that cannot read its policy says so before it ends', async () => {
  await expect(startGate({ policy: () => 'version: 1\nworkers: {}\n' })).rejects.toThrow(
    /the gate ended \(65\)[^]*workers/,
  )
})
