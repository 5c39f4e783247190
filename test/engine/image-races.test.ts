/** Images and their names where the gate is killed, or others do something to them at the same moment. */
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { files, waysToBring } from '../support/bring.ts'
import { startGate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { startRelay } from '../support/relay.ts'
import { setting } from '../support/settings.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const DOCKER = {
  allow: [...everything, 'build', 'tag', 'import', 'commit', 'load', 'push', 'image prune'],
  run: { images: ['busybox', `${setting('REGISTRY')}/team/*`] },
}
const policy = generousPolicy(DOCKER)
const newName = (): string => `${setting('REGISTRY')}/team/${freshName('race')}:1`

describe.each(onEngines('new', 'old'))('on the %s engine', (engine) => {
  const operator = async (...args: readonly string[]): Promise<string> =>
    (await engineDocker(engine, args, { input: files() })).stdout.trim()
  const idOf = (name: string): Promise<string> => operator('image', 'inspect', '-f', '{{.Id}}', name)

  const { theirs, ways } = waysToBring(engine)

  test.each(Object.entries(ways))(
    'what a %s brought is the worker’s after a kill -9 at once',
    async (_word, bring) => {
      await using first = await startGate({ engine, policy })
      const name = newName()
      expect(await bring(first, name)).toMatchObject({ code: 0 })
      await first.kill9()
      await using second = await startGate({ engine, policy, directory: first.directory })
      expect(await docker(second, ['rmi', name])).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe('')
    },
  )

  test.each(['tag', 'import', 'build', 'commit'])(
    'a name that a %s was about to give is the worker’s where the engine gave it, though the gate was killed before',
    async (word) => {
      await using relay = await startRelay(engine)
      await using first = await startGate({ engineUrl: relay.url, policy })
      const name = newName()
      const held = relay.hold(/^POST \/v1\.[0-9]+\/images\/.*\/tag/)
      const bringing = ways[word]?.(first, name)
      await held.came
      await first.kill9()
      const line = relay.requests().findLast((one) => one.includes('/tag?'))
      await operator(
        'tag',
        /images\/(sha256:[0-9a-f]+)\/tag/.exec(decodeURIComponent(line ?? ''))?.[1] ?? '',
        name,
      )
      await bringing
      await using second = await startGate({ engine, policy, directory: first.directory })
      expect(await docker(second, ['rmi', name])).toMatchObject({ code: 0 })
    },
  )

  test('a name that the operator gives to another image during a push stays the operator’s', async () => {
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    const name = newName()
    await docker(gate, ['import', '-', name], { input: files() })
    const held = relay.hold(/^POST \/v1\.[0-9]+\/images\/.*\/push/)
    const pushing = docker(gate, ['push', name])
    await held.came
    const id = await theirs(name)
    held.letGo()
    expect(await pushing).toMatchObject({ code: 0 })
    expect(await docker(gate, ['rmi', name])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('rmi.own'),
    })
    expect(await idOf(name)).toBe(id)
    await operator('rmi', name)
  })

  test('an image that the operator has by its digest alone outlives the names that a worker gave it', async () => {
    await using gate = await startGate({ engine, policy })
    const name = newName()
    await theirs(name)
    await operator('push', name)
    const digest = await operator('image', 'inspect', '-f', '{{index .RepoDigests 0}}', name)
    await operator('rmi', name)
    await operator('pull', '-q', digest)
    const names = ['one', 'two'].map((tag) => name.replace(/1$/, tag))
    for (const given of names) expect(await docker(gate, ['tag', digest, given])).toMatchObject({ code: 0 })
    await Promise.all(names.map((given) => docker(gate, ['rmi', given])))
    expect(await idOf(digest)).not.toBe('')
    await operator('rmi', '-f', await idOf(digest))
  })
})

test.each([
  ['removed by its id', (id: string) => ({ method: 'DELETE', path: `/images/${id}?force=1` })],
  [
    'pruned',
    () => {
      const filters = encodeURIComponent(JSON.stringify({ dangling: ['false'] }))
      return { method: 'POST', path: `/images/prune?filters=${filters}` }
    },
  ],
] as const)(
  'a name that another worker gives while an image is %s stays, or is not given',
  async (_, removal) => {
    await using gate = await startGate({ policy: withOther(policy) })
    for (let round = 0; round < 10; round += 1) {
      const [mine, given] = [newName(), newName()]
      await docker(gate, ['import', '-', mine], { input: files() })
      const id = (await docker(gate, ['images', '-q', '--no-trunc', mine])).stdout.trim()
      const path = `/images/${id}/tag?repo=${encodeURIComponent(given.replace(/:1$/, ''))}&tag=1`
      const [, { status }] = await Promise.all([
        request(gate.socket, removal(id)),
        request(otherSocket(gate.directory), { method: 'POST', path }),
      ])
      const there = (await engineDocker('new', ['image', 'inspect', given])).code === 0
      expect({ status, there }).toEqual({ status, there: status === 201 })
      await engineDocker('new', ['rmi', '-f', id])
    }
  },
)

test('a name that a worker gives to several images at once stays its own', async () => {
  await using gate = await startGate({ policy })
  const images = [newName(), newName(), newName()]
  for (const image of images) await docker(gate, ['import', '-', image], { input: files() })
  for (let round = 0; round < 5; round += 1) {
    const name = newName()
    await Promise.all(images.map((image) => docker(gate, ['tag', image, name])))
    expect(await docker(gate, ['rmi', name])).toMatchObject({ code: 0 })
  }
  expect(await docker(gate, ['rmi', ...images])).toMatchObject({ code: 0 })
})
