import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, engineRequest, onEngines } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import type { Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { dockgate } from '../support/process.ts'
import { recordOf } from '../support/audit.ts'

const policy = generousPolicy({ run: { limits: { memory: '16m', containers: 200 } } })

describe.each(onEngines('new', 'old'))('what a worker owns on the %s engine', (engine) => {
  const restart = async (gate: Gate): Promise<Gate> => {
    expect(await gate.stop()).toMatchObject({ code: 0 })
    return startGate({ engine, policy, directory: gate.directory })
  }

  test('is its own again when the gate has been stopped and started', async () => {
    await using first = await startGate({ engine, policy })
    const [name, volume] = [freshName('kept'), freshName('volume')]
    await docker(first, ['create', '--name', name, '-v', `${volume}:/m`, 'busybox', 'echo', 'ran'])
    await using second = await restart(first)
    expect(await docker(second, ['start', '-a', name])).toMatchObject({ code: 0, stdout: 'ran\n' })
    expect(await docker(second, ['run', '--rm', '-v', `${volume}:/m`, 'busybox', 'true'])).toMatchObject({
      code: 0,
    })
    expect(await docker(second, ['rm', name])).toMatchObject({ code: 0 })
  })

  test('is forgotten if it was removed while the gate was down, and there is room again', async () => {
    const tight = generousPolicy({ run: { limits: { containers: 1 } } })
    await using first = await startGate({ engine, policy: tight })
    const name = freshName('removed')
    await docker(first, ['create', '--name', name, 'busybox'])
    await first.stop()
    await engineDocker(engine, ['rm', name])
    await engineDocker(engine, ['create', '--name', name, 'busybox'])
    await using second = await startGate({ engine, policy: tight, directory: first.directory })
    expect(await docker(second, ['ps', '-aq'])).toMatchObject({ stdout: '' })
    expect(await docker(second, ['inspect', name])).toMatchObject({ code: 1 })
    expect(await docker(second, ['run', '--rm', 'busybox', 'true'])).toMatchObject({ code: 0 })
    await engineDocker(engine, ['rm', name])
  })

  test('is not a volume of the same name that the operator made while the gate was down', async () => {
    await using first = await startGate({ engine, policy })
    const volume = freshName('volume')
    await docker(first, ['run', '--rm', '-v', `${volume}:/m`, 'busybox', 'true'])
    await first.stop()
    await engineDocker(engine, ['volume', 'rm', volume])
    await engineDocker(engine, ['volume', 'create', volume])
    await using second = await startGate({ engine, policy, directory: first.directory })
    expect(await docker(second, ['volume', 'ls', '-q'])).toMatchObject({ stdout: '' })
    expect(await docker(second, ['run', '--rm', '-v', `${volume}:/m`, 'busybox', 'true'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('run.volumes'),
    })
    await engineDocker(engine, ['volume', 'rm', volume])
  })

  test.each([1, 3])(
    'is every container that was made before a kill -9 in the midst of creates (%i)',
    async (round) => {
      await using first = await startGate({ engine, policy })
      const label = freshName('crash')
      const body = { Image: 'busybox', Cmd: ['true'], Labels: { crash: label } }
      const creates = Array.from({ length: 40 }, (_, index) =>
        request(first.socket, {
          method: 'POST',
          path: `/v1.41/containers/create?name=${label}-${index}`,
          body,
        }).then(
          (answer) => (answer.status === 201 ? idsOf(`[${answer.body}]`) : []),
          // The gate was gone.
          () => [],
        ),
      )
      await Promise.race([creates[4 * round], creates[39]])
      await first.kill9()
      const told = (await Promise.all(creates)).flat()
      const filters = encodeURIComponent(JSON.stringify({ label: [`crash=${label}`] }))
      const listing = { path: `/v1.41/containers/json?all=1&filters=${filters}` }

      await using second = await startGate({ engine, policy, directory: first.directory })
      const made = idsOf((await engineRequest(engine, listing)).body)
      const owned = idsOf((await request(second.socket, listing)).body)
      expect(made).toEqual(expect.arrayContaining([...told]))
      expect(owned).toEqual(made)

      const state = `${first.directory}/state`
      // Each container was decided on, by its name, before it was made; each answer that was told is on record by its id.
      const record = (await recordOf(first)).filter(({ operation }) => operation === 'container.create')
      const names = namesOf((await engineRequest(engine, listing)).body)
      const decided = record.filter(({ phase }) => phase === 'decision').map(({ target }) => target)
      expect(names.filter((name) => decided.filter((target) => target === name).length !== 1)).toEqual([])
      const outcomes = record.filter(({ phase, status }) => phase === 'outcome' && status === 201)
      expect(outcomes.map(({ target }) => target).filter((id) => !made.includes(String(id)))).toEqual([])
      expect(await dockgate('audit', 'verify', '--state', state)).toMatchObject({ code: 0 })
      // The totals count what is there, and at most what was decided on: a claim stays while an engine could still be at it.
      const status = await dockgate('status', '--json', '--state', state)
      expect(status).toMatchObject({ code: 0, stderr: '' })
      const { containers } = JSON.parse(status.stdout).workers[0].usage
      expect(containers).toBeGreaterThanOrEqual(made.length)
      expect(containers).toBeLessThanOrEqual(decided.length)
      for (const id of made)
        await engineRequest(engine, { method: 'DELETE', path: `/containers/${id}?force=1` })
    },
  )
})

function idsOf(list: string): readonly string[] {
  const containers: readonly { readonly Id: string }[] = JSON.parse(list)
  return containers.map(({ Id }) => Id).sort()
}

function namesOf(list: string): readonly string[] {
  const containers: readonly { readonly Names: readonly string[] }[] = JSON.parse(list)
  return containers.flatMap(({ Names }) => Names.map((name) => name.slice(1)))
}
