/** How the gate knows of images: what it asks the engine for, and what it serves while it does not know yet. */
import { describe, expect, test } from 'vitest'
import { waysToBring } from '../support/bring.ts'
import { docker } from '../support/docker.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { dockgate, until } from '../support/process.ts'
import { startRelay } from '../support/relay.ts'
import { setting } from '../support/settings.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'
import { onEngines } from '../support/engine.ts'

const policy = generousPolicy({
  allow: [...everything, 'build', 'tag', 'import', 'commit', 'load'],
  run: { images: ['busybox', `${setting('REGISTRY')}/team/*`] },
})
const newName = (): string => `${setting('REGISTRY')}/team/${freshName('sight')}:1`
const LIST = /^GET \/v1\.[0-9]+\/images\/json/

describe.each(onEngines('new', '26'))('on the %s engine', (engine) => {
  const { ways } = waysToBring(engine)

  test('while the list of images hangs all is served that needs none, and the rest when it is there', async () => {
    await using relay = await startRelay(engine)
    const held = relay.hold(LIST)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    await held.came
    for (const words of [['ps'], ['info'], ['network', 'ls'], ['volume', 'ls']])
      expect(await docker(gate, words)).toMatchObject({ code: 0 })
    const refused = { code: 1, stderr: expect.stringContaining("the engine's images are not known yet") }
    expect(await docker(gate, ['create', 'busybox'])).toMatchObject(refused)
    expect(gate.output().stderr).toContain('images are not known yet')
    const status = await dockgate('status', '--state', `${gate.directory}/state`)
    expect(status.stdout).toContain('its images are not known yet')
    const waiting = docker(gate, ['create', 'busybox'])
    held.letGo()
    const created = await waiting
    expect(created).toMatchObject({ code: 0 })
    await until(() => gate.output().stderr.includes('images are known'), 'the gate to say so')
    await docker(gate, ['rm', created.stdout.trim()])
  })

  test('what gives and takes names asks for no list of all images', async () => {
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    const lists = (): number => relay.requests().filter((line) => LIST.test(line)).length
    for (const way of ['tag', 'import', 'build', 'commit']) {
      const name = newName()
      expect(await ways[way]?.(gate, name)).toMatchObject({ code: 0 })
      expect(await docker(gate, ['rmi', name])).toMatchObject({ code: 0 })
    }
    expect(lists()).toBe(1)
  })
})

test('names are given at the same time, unless they are the same', async () => {
  await using relay = await startRelay('new')
  await using gate = await startGate({ engineUrl: relay.url, policy: withOther(policy) })
  const give = (socket: string, name: string) => {
    const repo = encodeURIComponent(name.replace(/:1$/, ''))
    return request(socket, { method: 'POST', path: `/images/busybox/tag?repo=${repo}&tag=1` })
  }
  const [first, second] = [newName(), newName()]
  const held = relay.hold(/^POST .*\/tag\?/)
  const giving = give(gate.socket, first)
  await held.came
  const same = give(otherSocket(gate.directory), first)
  expect(await give(otherSocket(gate.directory), second)).toMatchObject({ status: 201 })
  const tags = relay.requests().filter((line) => line.startsWith('POST') && line.includes('/tag?'))
  expect(tags).toHaveLength(2)
  held.letGo()
  expect(await giving).toMatchObject({ status: 201 })
  expect((await same).status).toBeGreaterThanOrEqual(400)
  expect(await docker(gate, ['rmi', first])).toMatchObject({ code: 0 })
  expect(await docker({ socket: otherSocket(gate.directory) }, ['rmi', second])).toMatchObject({ code: 0 })
})
