import { describe, expect, test } from 'vitest'
import { idOf, imageIdOf, policyOf, worldWith } from '../../test/cases/world.ts'
import { asksInside, filterEvent } from './events.ts'
import { viewOf } from './view.ts'

const world = worldWith()
const policy = { worker: policyOf() }
const view = viewOf(world, policy)

describe('events', () => {
  const event = (Type: string, ID: string, Attributes: object = {}) => ({
    Type,
    Action: 'start',
    Actor: { ID, Attributes },
  })

  test('of own containers are shown in full', () => {
    expect(filterEvent(event('container', idOf('web'), { name: 'web', secret: 'x' }), view)).toEqual(
      event('container', idOf('web'), { name: 'web', secret: 'x' }),
    )
  })

  test('of a commit tell no name that the operator gave the image', () => {
    const committed = (imageRef: string) =>
      event('container', idOf('web'), { name: 'web', imageID: imageIdOf('new'), imageRef })
    const known = committed('docker.io/library/new:1')
    expect(filterEvent(known, view)).toEqual(known)
    expect(filterEvent(committed('docker.io/operator/secret:2'), view)).toEqual(
      event('container', idOf('web'), { name: 'web' }),
    )
  })

  test('of programs tell no id of one that others have run in an own container', () => {
    const exec = { kind: 'container.exec', container: 'web', argv: ['ls'], body: {} } as const
    world.execs.put('own-exec', policy.worker.name, idOf('web'), exec)
    world.execs.put('rivals-exec', 'rival', idOf('web'), exec)
    const died = (execID: string) => event('container', idOf('web'), { name: 'web', execID, exitCode: '0' })
    expect(filterEvent(died('own-exec'), view)).toEqual(died('own-exec'))
    for (const others of ['operators-exec', 'rivals-exec'])
      expect(filterEvent(died(others), view)).toEqual(
        event('container', idOf('web'), { name: 'web', exitCode: '0' }),
      )
  })

  test('of own volumes are about no container out of reach', () => {
    const mounted = (container: string) =>
      event('volume', 'mine', { driver: 'local', container: idOf(container), destination: '/data' })
    expect(filterEvent(mounted('web'), view)).toEqual(mounted('web'))
    expect(filterEvent(mounted('database'), view)).toBeUndefined()
    expect(filterEvent(event('volume', 'mine', { driver: 'local' }), view)).toBeDefined()
  })

  test('of containers that are not to be inspected are shown without labels', () => {
    expect(filterEvent(event('container', idOf('quiet'), { name: 'quiet', label: 'x' }), view)).toEqual(
      event('container', idOf('quiet'), { name: 'quiet' }),
    )
  })

  test('of programs and health checks are cut, and hold no program of a container that is not to be inspected', () => {
    const told = (name: string, Action: string) =>
      filterEvent({ ...event('container', idOf(name)), Action, status: Action }, view)
    const program = 'exec_create: sh -c echo password=s3cret'
    expect(told('web', program)).toMatchObject({ Action: program, status: program })
    expect(told('quiet', program)).toMatchObject({ Action: 'exec_create', status: 'exec_create' })
    const healthy = 'health_status: healthy'
    expect(told('quiet', healthy)).toMatchObject({ Action: healthy, status: healthy })
    const long = `exec_start: ${'x'.repeat(100_000)}`
    const cut = expect.stringMatching(/^exec_start: x{100,300}\.\.\.$/)
    expect(told('web', long)).toMatchObject({ Action: cut, status: cut })
    expect(told('ollama', long)).toMatchObject({ Action: cut, status: cut })
    expect(filterEvent(event('container', idOf('web')), view)).not.toHaveProperty('status')
  })

  test('of networks are about those in reach', () => {
    const [own, others] = ['a'.repeat(64), 'b'.repeat(64)]
    world.inventory.putNetwork(own, 'mine')
    world.inventory.putNetwork(others, 'billing')
    world.ownership.settle(
      world.ownership.claim('network', policy.worker.name, { memory: 0, nanoCpus: 0 }),
      own,
      'mine',
    )
    const connected = (network: string, container: string) =>
      filterEvent(event('network', network, { container: idOf(container), name: 'n' }), view)
    expect(connected(own, 'web')).toBeDefined()
    expect(connected(own, 'database')).toBeUndefined()
    expect(connected(others, 'web')).toBeUndefined()
    expect(connected(others, 'ollama')).toBeUndefined()
  })

  test.each([
    event('container', idOf('database')),
    event('container', idOf('rival')),
    event('image', imageIdOf('secret'), { name: 'operator/secret:1' }),
    event('image', imageIdOf('secret'), { name: imageIdOf('secret') }),
    event('image', imageIdOf('secret'), { name: imageIdOf('secret').slice(7) }),
    event('image', imageIdOf('mixed'), { name: 'operator/mixed:1' }),
    event('image', '', { reclaimed: '5' }),
    event('volume', 'theirs'),
    event('network', 'x', { container: idOf('database') }),
    event('daemon', 'x'),
    event('plugin', 'x'),
    event('container', ''),
    {},
    null,
  ])('%j is not shown', (written) => {
    expect(filterEvent(written, view)).toBeUndefined()
  })

  test('without an id, as of the operator’s prune, are about no container in reach', () => {
    const onlyOperators = worldWith({ containers: { ollama: { owner: 'operator', running: true } } })
    const seen = viewOf(onlyOperators, policy)
    expect(filterEvent(event('container', idOf('ollama')), seen)).toBeDefined()
    for (const id of ['', '6', idOf('ollama').slice(0, 11)])
      expect(filterEvent(event('container', id, { reclaimed: '5' }), seen)).toBeUndefined()
  })

  test.each([
    event('image', imageIdOf('shared'), { name: 'alpine:3' }),
    event('image', 'alpine:3', { name: 'alpine' }),
    event('image', imageIdOf('own'), { name: imageIdOf('own') }),
    event('image', imageIdOf('own')),
  ])('of an image that the worker may know of are shown: %j', (written) => {
    expect(filterEvent(written, view)).toEqual(written)
  })

  test('that were asked for by what only inspect shows are about containers that may be inspected', () => {
    const about = (name: string) => event('container', idOf(name), { name })
    const askedBy = (filters: Map<string, string[]> | undefined) =>
      ({ kind: 'system.events', parameters: { filters, since: undefined, until: undefined } }) as const
    const filters = [
      new Map([['label', ['a=b']]]),
      new Map([['event', ['health_status', 'exec_create: sh -c s3']]]),
      new Map([['event', ['exec_start:']]]),
    ]
    for (const asked of filters) {
      expect(asksInside(askedBy(asked))).toBe(true)
      expect(filterEvent(about('quiet'), view, asksInside(askedBy(asked)))).toBeUndefined()
      expect(filterEvent(about('ollama'), view, asksInside(askedBy(asked)))).toBeDefined()
      expect(filterEvent(about('web'), view, asksInside(askedBy(asked)))).toBeDefined()
    }
    for (const asked of [undefined, new Map([['event', ['exec_create', 'health_status: healthy']]])]) {
      expect(asksInside(askedBy(asked))).toBe(false)
      expect(filterEvent(about('quiet'), view, asksInside(askedBy(asked)))).toBeDefined()
    }
  })

  test('of a container that is being made are shown by its claim, of another worker not', () => {
    const claim = world.ownership.claim('container', policy.worker.name, { memory: 0, nanoCpus: 0 })
    const other = world.ownership.claim('container', 'rival', { memory: 0, nanoCpus: 0 })
    const unknown = 'f'.repeat(64)
    expect(filterEvent(event('container', unknown, { 'dockgate.claim': claim.nonce, a: 'b' }), view)).toEqual(
      event('container', unknown, { a: 'b' }),
    )
    expect(filterEvent(event('container', unknown, { 'dockgate.claim': other.nonce }), view)).toBeUndefined()
    expect(filterEvent(event('container', unknown, { 'dockgate.claim': '' }), view)).toBeUndefined()
    world.ownership.drop(claim)
    world.ownership.drop(other)
  })
})
