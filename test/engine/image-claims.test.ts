/** What a worker's call brought is the worker's, whatever happened to the call: its client left, or the gate was killed. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { until } from '../support/process.ts'
import { startRelay } from '../support/relay.ts'
import { tar } from '../support/tar.ts'

const policy = generousPolicy({ allow: [...everything, 'import', 'commit'] })

describe.each(onEngines('new', '28', '26'))('on the %s engine', (engine) => {
  /** Ids of the images with a label, as they are listed to whoever asks. */
  const listed = async (ask: (args: readonly string[]) => ReturnType<typeof docker>, label: string) => {
    const { stdout } = await ask(['images', '-aq', '--no-trunc', '--filter', `label=run=${label}`])
    return stdout.trim().split('\n').filter(Boolean).toSorted()
  }

  /** Expects that the worker has all images of the label, and can remove them. Returns how many there are. */
  async function expectAllItsOwn(gate: Gate, label: string): Promise<number> {
    const there = await listed((args) => engineDocker(engine, args), label)
    await expect.poll(() => listed((args) => docker(gate, args), label), { interval: 500 }).toEqual(there)
    for (const id of there) expect(await docker(gate, ['rmi', id])).toMatchObject({ code: 0 })
    expect(await listed((args) => engineDocker(engine, args), label)).toEqual([])
    return there.length
  }

  const isThere = (label: string) => async (): Promise<boolean> =>
    (await listed((args) => engineDocker(engine, args), label)).length > 0

  /** Sends all of an import. */
  async function sendImport(gate: Gate, label: string): Promise<Socket> {
    const archive = tar(['file', `${freshName('content')}${'x'.repeat(2 ** 20)}`])
    const socket = connect(gate.socket)
    socket.on('error', () => undefined)
    const path = `/v1.41/images/create?fromSrc=-&changes=LABEL%20run%3D${label}`
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${archive.length}\r\n\r\n`)
    await new Promise((resolve) => socket.write(archive, resolve))
    return socket
  }

  test('what an import brought whose client left is the worker’s', async () => {
    await using gate = await startGate({ engine, policy })
    const label = freshName('left')
    for (let leave = 0; leave < 200; leave += 20) {
      const client = await sendImport(gate, label)
      await sleep(leave)
      client.destroy()
    }
    await sleep(2_000)
    expect(await expectAllItsOwn(gate, label)).toBeGreaterThan(0)
  })

  test('what an import brought whose client left before its answer came is the worker’s', async () => {
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    const label = freshName('unanswered')
    relay.mute(/images\/create/)
    const client = await sendImport(gate, label)
    await until(isThere(label), 'the image')
    client.destroy()
    expect(await expectAllItsOwn(gate, label)).toBe(1)
  })

  test('what an import brought whose answer was lost with the gate is the worker’s', async () => {
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    const label = freshName('killed')
    relay.mute(/images\/create/)
    const client = await sendImport(gate, label)
    await until(isThere(label), 'the image')
    await gate.kill9()
    client.destroy()
    await using again = await startGate({ engine, policy, directory: gate.directory })
    expect(await expectAllItsOwn(again, label)).toBe(1)
  })

  test('what a commit brought whose answer was lost with the gate is the worker’s', async () => {
    const [label, name] = [freshName('killed'), freshName('committed')]
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    await docker(gate, ['create', '--name', name, 'busybox'])
    relay.mute(/commit/)
    const going = docker(gate, ['commit', '--change', `LABEL run=${label}`, name])
    await until(isThere(label), 'the image')
    await gate.kill9()
    await going
    await using again = await startGate({ engine, policy, directory: gate.directory })
    expect(await expectAllItsOwn(again, label)).toBe(1)
    await docker(again, ['rm', name])
  })

  test('what the operator builds upon such an image meanwhile is the operator’s', async () => {
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    const label = freshName('built')
    relay.mute(/images\/create/)
    const client = await sendImport(gate, label)
    await until(isThere(label), 'the image')
    const [base = ''] = await listed((args) => engineDocker(engine, args), label)
    await gate.kill9()
    client.destroy()
    const input = `FROM ${base}\nLABEL more=1\n`
    const built = await engineDocker(engine, ['build', '-q', '-'], { input, env: { DOCKER_BUILDKIT: '0' } })
    expect(built).toMatchObject({ code: 0 })
    await using again = await startGate({ engine, policy, directory: gate.directory })
    expect(await docker(again, ['rmi', built.stdout.trim()])).toMatchObject({ code: 1 })
    expect(await engineDocker(engine, ['rmi', built.stdout.trim()])).toMatchObject({ code: 0 })
    await engineDocker(engine, ['rmi', base])
  })
})
