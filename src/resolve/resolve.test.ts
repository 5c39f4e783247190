import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeRequest, ENGINE, idOf, policyOf, setImages, worldWith } from '../../test/cases/world.ts'
import { propertiesOf } from '../decode/properties.ts'
import { meantBy } from '../policy/reach.ts'
import { containersInReach } from './containers.ts'
import { applyEvent } from '../world/events.ts'
import { Builds } from '../world/builds.ts'
import { Execs } from '../world/execs.ts'
import { BindRoots } from '../host/bind-roots.ts'
import { PathLookups } from './host-paths.ts'
import { Inventory } from '../world/inventory.ts'
import { splitLines } from '../world/lines.ts'
import { Ownership } from '../world/ownership.ts'
import { beginReconciling, reconcileImages } from '../world/reconcile.ts'
import { Renames } from '../world/renames.ts'
import { hostPathsOf } from './paths.ts'
import { resolve } from './resolve.ts'
import type { World } from '../world/world.ts'

const NO_LIMITS = { memory: 0, nanoCpus: 0 }
const worker = policyOf()
const NOTHING_LOOKED = { paths: new Map(), images: undefined }

function containerOf(world: World, reference: string) {
  const { operation } = decodeRequest({ line: `GET /containers/${reference}/json` })
  const asked = resolve(world, worker, operation, ENGINE, NOTHING_LOOKED)
  if (asked.kind !== 'container.inspect') throw new Error('it is an inspect')
  return asked.facts.container
}

describe('a container', () => {
  const id = (digits: string) => digits.padEnd(64, '0')
  const inventory = new Inventory()
  const ownership = new Ownership({ owned: () => [], claims: () => [] })
  const put = (digits: string, name: string, owner?: string): void => {
    inventory.putContainer({
      id: id(digits),
      name,
      running: true,
      started: true,
      claim: '',
      image: '',
      binds: [],
    })
    if (owner !== undefined)
      ownership.settle(ownership.claim('container', owner, NO_LIMITS), id(digits), name)
  }
  put('abc1', 'web', worker.name)
  put('abc2', 'job', worker.name)
  put('abc3', 'hidden', 'rival')
  put('abc9', 'abc1', worker.name)
  put('def1', 'ollama')
  put('def2', 'database')
  const world = {
    inventory,
    ownership,
    execs: new Execs(),
    builds: new Builds(Buffer.alloc(32)),
    renames: new Renames({ renamed: () => [] }),
    meant: meantBy([worker]),
    made: { asked: () => ({}), get: () => undefined, held: () => new Map() },
    pins: { originOf: () => undefined },
    sockets: { workerAt: () => undefined },
  }

  test.each([
    [id('abc1'), 'web'],
    ['web', 'web'],
    ['abc2', 'job'],
    // A name goes before the start of an id.
    ['abc1', 'abc1'],
    ['ollama', 'ollama'],
    ['def1', 'ollama'],
    // The other one is out of reach, so the start is of one alone.
    ['def', 'ollama'],
    ['abc9', 'abc1'],
  ])('is found by %s', (reference, name) => {
    expect(containerOf(world, reference)?.name).toBe(name)
  })

  test.each([
    'abc',
    'abc3',
    'hidden',
    'database',
    'def2',
    id('def2'),
    id('abc3'),
    'we',
    'ABC2',
    '.*',
    'a%2Fb',
  ])('is not found by %s', (reference) => {
    expect(containerOf(world, reference)).toBeUndefined()
  })

  test('in reach is own or named by the policy', () => {
    expect(containersInReach(world, worker).map(({ name, owner }) => [name, owner])).toEqual([
      ['web', 'self'],
      ['job', 'self'],
      ['abc1', 'self'],
      ['ollama', 'operator'],
    ])
  })
})

test('a volume name is nobody’s to take while a removal of it is under way, though the volume is gone', () => {
  const world = worldWith()
  const rival = { ...worker, name: 'rival' }
  const { operation } = decodeRequest({ line: 'POST /volumes/create', body: { Name: 'mine' } })
  const ownerFor = (asking: typeof worker) => {
    const asked = resolve(world, asking, operation, ENGINE, NOTHING_LOOKED)
    if (asked.kind !== 'volume.create') throw new Error('it is a create')
    return asked.facts.volumes.get('mine')
  }
  const over = world.ownership.volumesRemoved.reserve(worker.name, ['mine'])
  world.ownership.forget('volume', 'mine')
  world.inventory.removeVolume('mine')
  expect([worker, rival].map(ownerFor)).toEqual(['other', 'other'])
  over()
  expect([worker, rival].map(ownerFor)).toEqual(['nobody', 'nobody'])
})

describe('the paths of the host that are looked up', () => {
  const pathsOf = (line: string, body?: unknown) =>
    hostPathsOf(worldWith(), worker, decodeRequest({ line, body }).operation)

  test('are those of binds, with the roots of the policy', () => {
    const body = { Image: 'alpine', HostConfig: { Binds: ['/srv/work/../x:/y', 'name:/z'] } }
    expect(pathsOf('POST /containers/create', body)).toEqual(['/srv/x', '/srv/work', '/srv/docs'])
  })

  test('are each named once, and none of a container with too many mounts', () => {
    const binds = (count: number, source: (index: number) => string) => ({
      Image: 'alpine',
      HostConfig: { Binds: Array.from({ length: count }, (_, index) => `${source(index)}:/m/${index}`) },
    })
    const roots = ['/srv/work', '/srv/docs']
    const same = binds(64, () => '/srv/x')
    expect(pathsOf('POST /containers/create', same)).toEqual(['/srv/x', ...roots])
    const each = binds(64, (index) => `/srv/${index}`)
    expect(pathsOf('POST /containers/create', each)).toHaveLength(66)
    const tooMany = binds(65, (index) => `/srv/${index}`)
    expect(pathsOf('POST /containers/create', tooMany)).toEqual([])
  })

  test('are those of a container that is to be mounted again', () => {
    const paths = ['/run/place', '/srv/work', '/srv/docs']
    expect(pathsOf('POST /containers/bound/start')).toEqual(paths)
    expect(pathsOf('POST /containers/bound/restart')).toEqual(paths)
    expect(pathsOf('PUT /containers/bound/archive?path=/')).toEqual(paths)
    expect(pathsOf('POST /containers/web/start')).toEqual([])
  })

  test('are the roots alone for mounts of another container', () => {
    const body = { Image: 'alpine', HostConfig: { VolumesFrom: ['bound'] } }
    expect(pathsOf('POST /containers/create', body)).toEqual(['/srv/work', '/srv/docs'])
  })

  test('are the roots alone for an update, which may give a restart policy', () => {
    expect(pathsOf('POST /containers/bound/update', {})).toEqual(['/srv/work', '/srv/docs'])
    expect(pathsOf('POST /containers/web/update', {})).toEqual([])
  })

  test('are none for anything else', () => {
    expect(pathsOf('POST /containers/bound/stop')).toEqual([])
    expect(pathsOf('POST /containers/create', { Image: 'alpine' })).toEqual([])
  })

  test('are resolved to what they really are', async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'dockgate-paths-')))
    try {
      const inside = join(directory, 'inside')
      await mkdir(inside)
      await writeFile(join(directory, 'file'), '')
      await symlink(inside, join(directory, 'link'))
      await symlink(join(directory, 'loop'), join(directory, 'loop'))
      const at = (name: string) => join(directory, name)
      const written = ['inside', 'link', 'missing', 'file/x', 'loop'].map(at)
      const host = await BindRoots.open(
        {
          engine: undefined,
          faults: { refused: false, accepted: [] },
          onReload: 'drain' as const,
          workers: [],
        },
        () => undefined,
      )
      const paths = await new PathLookups().resolve('a', host, written, new AbortController().signal)
      expect([...paths]).toEqual([
        [at('inside'), { found: true, real: inside }],
        [at('link'), { found: true, real: inside }],
        [at('missing'), { found: false, why: 'missing', end: { above: directory, names: ['missing'] } }],
        [at('file/x'), { found: false, why: 'missing' }],
        [at('loop'), { found: false, why: 'unreadable' }],
      ])
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

describe('the record of owners', () => {
  test('counts what is claimed together with what exists, each worker alone', () => {
    const ownership = new Ownership({ owned: () => [], claims: () => [] })
    const claim = ownership.claim('container', 'one', { memory: 5, nanoCpus: 7 })
    ownership.claim('container', 'two', { memory: 100, nanoCpus: 100 })
    expect(ownership.usage('one')).toMatchObject({ containers: 1, memory: 5, nanoCpus: 7 })
    ownership.settle(claim, 'x', 'x')
    expect(ownership.usage('one')).toMatchObject({ containers: 1, memory: 5, nanoCpus: 7 })
    ownership.resize('x', 1, 2)
    expect(ownership.usage('one')).toMatchObject({ containers: 1, memory: 1, nanoCpus: 2 })
    ownership.forget('container', 'x')
    expect(ownership.usage('one')).toMatchObject({ containers: 0, memory: 0, nanoCpus: 0 })
  })

  test('gives up a claim under which nothing was made', () => {
    const ownership = new Ownership({ owned: () => [], claims: () => [] })
    const claim = ownership.claim('container', 'one', NO_LIMITS)
    expect(ownership.hasClaim('one', claim.nonce)).toBe(true)
    expect(ownership.hasClaim('two', claim.nonce)).toBe(false)
    expect(ownership.drop(claim)).toEqual({ type: 'unclaim', nonce: claim.nonce })
    expect(ownership.hasClaim('one', claim.nonce)).toBe(false)
  })

  test('keeps kinds apart, and remembers the owner of a container that is gone', () => {
    const ownership = new Ownership({ owned: () => [], claims: () => [] })
    ownership.settle(ownership.claim('volume', 'one', NO_LIMITS), 'x', 'x')
    expect(ownership.owner('volume', 'x')).toBe('one')
    expect(ownership.owner('container', 'x')).toBeUndefined()
    ownership.settle(ownership.claim('container', 'two', NO_LIMITS), 'x', 'x')
    ownership.forget('container', 'x')
    expect(ownership.owner('container', 'x')).toBeUndefined()
    expect(ownership.recentOwner('x')).toBe('two')
  })
})

describe('what was found after a break', () => {
  const lists = (nonce: string) => ({
    containers: [{ Id: 'made', Names: ['/job'], Labels: { 'dockgate.claim': nonce } }],
    volumes: [{ Name: 'kept', Labels: { 'dockgate.claim': 'another' } }],
    networks: [],
  })

  test('is taken over by its claim, what is gone is forgotten, what was made anew is not taken over', () => {
    const claim = {
      nonce: 'n1',
      id: '',
      name: '',
      kind: 'container' as const,
      worker: 'one',
      created: 0,
      memory: 5,
      nanoCpus: 6,
    }
    const lost = { ...claim, nonce: 'n2' }
    const ownership = new Ownership({ owned: () => [], claims: () => [claim, lost] })
    ownership.settle(ownership.claim('container', 'one', NO_LIMITS), 'old', 'old')
    ownership.settle(ownership.claim('volume', 'one', NO_LIMITS), 'kept', 'kept')
    const changes = beginReconciling(ownership)(lists('n1'))
    expect(changes).toMatchObject([
      { type: 'disown', id: 'old' },
      { type: 'disown', kind: 'volume', id: 'kept' },
      { type: 'own', owned: { id: 'made', name: 'job', worker: 'one', memory: 5 }, claim: 'n1' },
      { type: 'unclaim', nonce: 'n2' },
    ])
    expect(ownership.owner('container', 'made')).toBe('one')
  })

  test('does not miss what was made while it was listed', () => {
    const ownership = new Ownership({ owned: () => [], claims: () => [] })
    const listed = beginReconciling(ownership)
    ownership.settle(ownership.claim('container', 'one', NO_LIMITS), 'new', 'new')
    expect(listed({ containers: [], volumes: [], networks: [] })).toEqual([])
    expect(ownership.owner('container', 'new')).toBe('one')
  })

  test('leaves a claim open while the engine may still be at it, and drops it some minutes later', () => {
    const claimed = (minutes: number) => ({
      id: '',
      name: '',
      nonce: 'n1',
      kind: 'container' as const,
      worker: 'one',
      created: Date.now() - minutes * 60_000,
      ...NO_LIMITS,
    })
    const nothing = { containers: [], volumes: [], networks: [] }
    const changesAfter = (minutes: number) =>
      beginReconciling(new Ownership({ owned: () => [], claims: () => [claimed(minutes)] }))(nothing)
    const { operation } = decodeRequest({ line: 'POST /containers/create', body: { Image: 'alpine' } })
    if (operation.kind !== 'container.create') throw new Error('it is a create')
    const limit = (propertiesOf(operation.kind).limit ?? Infinity) / 60_000
    expect(changesAfter(limit + 1)).toEqual([])
    expect(changesAfter(limit + 6)).toEqual([{ type: 'unclaim', nonce: 'n1' }])
  })

  test('does not take a volume that was made anew while it was listed for the one before', () => {
    const ownership = new Ownership({ owned: () => [], claims: () => [] })
    const make = () => ownership.claim('volume', 'one', NO_LIMITS)
    const [before, anew] = [make(), make()]
    ownership.settle(before, 'data', 'data')
    const listed = beginReconciling(ownership)
    ownership.forget('volume', 'data')
    ownership.settle(anew, 'data', 'data')
    const volumes = [{ Name: 'data', Labels: { 'dockgate.claim': anew.nonce } }]
    expect(listed({ containers: [], volumes, networks: [] })).toEqual([])
    expect(listed({ containers: [], volumes: [], networks: [] })).toEqual([])
    expect(ownership.get('volume', 'data')?.nonce).toBe(anew.nonce)
  })

  test('forgets images that are gone, and their names', () => {
    const known = worldWith()
    const { ownership } = known
    setImages(known, [])
    expect(reconcileImages(known)).toHaveLength(5)
    expect([...ownership.all('image'), ...ownership.all('tag')]).toEqual([])
  })
})

describe('events', () => {
  const event = (Type: string, Action: string, ID: string, name = '') => ({
    Type,
    Action,
    Actor: { ID, Attributes: { name } },
  })

  test('keep the inventory', () => {
    const inventory = new Inventory()
    expect(applyEvent(inventory, event('container', 'create', 'a', 'web'))).toBeUndefined()
    expect(inventory.container('a')).toMatchObject({ name: 'web', running: false, started: false })
    applyEvent(inventory, event('container', 'start', 'a', 'web'))
    applyEvent(inventory, event('container', 'die', 'a', 'web'))
    expect(inventory.container('a')).toMatchObject({ running: false, started: true })
    applyEvent(inventory, event('container', 'rename', 'a', 'site'))
    expect([inventory.containerNamed('web'), inventory.containerNamed('site')?.id]).toEqual([undefined, 'a'])
    expect(applyEvent(inventory, event('container', 'destroy', 'a'))).toEqual({
      kind: 'container',
      id: 'a',
    })
    expect([inventory.container('a'), inventory.containerNamed('site')]).toEqual([undefined, undefined])
  })

  test('do not take away the binds that are known when a create is told late', () => {
    const inventory = new Inventory()
    inventory.putContainer({
      image: '',
      id: 'a',
      name: 'web',
      running: false,
      started: false,
      claim: '',
      binds: [{ source: '/srv', readOnly: false }],
    })
    applyEvent(inventory, event('container', 'create', 'a', 'web'))
    expect(inventory.container('a')?.binds).toEqual([{ source: '/srv', readOnly: false }])
  })

  test('of volumes and images are told', () => {
    const inventory = new Inventory()
    applyEvent(inventory, event('volume', 'create', 'data'))
    expect(inventory.hasVolume('data')).toBe(true)
    expect(applyEvent(inventory, event('volume', 'destroy', 'data'))).toEqual({
      kind: 'volume',
      id: 'data',
    })
    expect(inventory.hasVolume('data')).toBe(false)
    const references = ['docker.io/library/alpine:latest']
    expect(applyEvent(inventory, event('image', 'pull', 'alpine'))).toEqual({
      kind: 'images',
      references,
      deleted: [],
    })
    expect(applyEvent(inventory, event('daemon', 'reload', 'x'))).toBeUndefined()
    expect(applyEvent(inventory, null)).toBeUndefined()
  })

  test('a name that another container took is not lost with the first one', () => {
    const inventory = new Inventory()
    applyEvent(inventory, event('container', 'create', 'a', 'web'))
    applyEvent(inventory, event('container', 'create', 'b', 'web'))
    applyEvent(inventory, event('container', 'destroy', 'a'))
    expect(inventory.containerNamed('web')?.id).toBe('b')
  })
})

describe('lines of a stream', () => {
  async function split(...chunks: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
    async function* stream() {
      for (const chunk of chunks) yield Buffer.from(chunk)
    }
    return Array.fromAsync(splitLines(stream()))
  }

  test('are put together from chunks, letters included', async () => {
    const letter = Buffer.from('é')
    expect(
      await split('{"a":', '1}\n\n{"b"', ':2}\n', letter.subarray(0, 1), letter.subarray(1), '\nrest'),
    ).toEqual([...['{"a":1}', '{"b":2}', 'é']])
  })

  test('that are too long are left out, and those behind them are not', async () => {
    const long = 'x'.repeat(3 * 2 ** 20)
    expect(await split('first\n', long, long, 'rest of it\nlast\n')).toEqual(['first', 'last'])
  })
})

test('ids of the test world are full ids', () => {
  expect(idOf('web')).toMatch(/^[0-9a-f]{64}$/)
})
