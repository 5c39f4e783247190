import { describe, expect, test } from 'vitest'
import { idOf, imageIdOf, networkIdOf, policyOf, worldWith } from '../../test/cases/world.ts'
import { refuse } from '../policy/refuse.ts'
import { cleanMessage } from './errors.ts'
import { asksInside, filterEvent } from './events.ts'
import { redactContainer } from './inspect.ts'
import { filterContainers, filterDiskUsage, filterImages, filterNetworks, filterVolumes } from './lists.ts'
import { refusalReply } from './refusal.ts'
import { filterInfo } from './system.ts'
import { countsOf, viewOf } from './view.ts'

const world = worldWith()
const policy = policyOf()
const view = viewOf(world, policy)

const listed = (name: string) => ({
  Id: idOf(name),
  Names: [`/${name}`],
  Command: 'secret --token x',
  Labels: { a: 'b' },
  Mounts: [{ Source: '/srv' }],
})

describe('a list of containers', () => {
  test('holds what is in reach, and of what is not to be inspected no insides', () => {
    const containers = filterContainers(['web', 'ollama', 'quiet', 'database', 'rival'].map(listed), view)
    expect(containers.map((container) => container['Id'])).toEqual(['web', 'ollama', 'quiet'].map(idOf))
    expect(containers.slice(0, 2)).toEqual(['web', 'ollama'].map(listed))
    expect(containers[2]).toEqual({ ...listed('quiet'), Command: '', Labels: {}, Mounts: [], Ports: [] })
  })

  test('holds nothing of what has no id', () => {
    expect(filterContainers([{}, null, { Id: '' }, { Id: '7' }, 'x'], view)).toEqual([])
  })
})

describe('a list of images', () => {
  const image = (name: string, RepoTags: unknown) => ({
    Id: imageIdOf(name),
    RepoTags,
    RepoDigests: [],
    Size: 5,
  })

  test('holds own ones and those of allowed names, under those names alone', () => {
    const images = filterImages(
      [
        image('shared', ['alpine:3', 'operator/alpine:3']),
        image('secret', ['operator/secret:1']),
        image('nameless', null),
        image('unknown', ['<none>:<none>']),
      ],
      view,
    )
    expect(images).toMatchObject([
      { Id: imageIdOf('shared'), RepoTags: ['alpine:3'] },
      { Id: imageIdOf('nameless'), RepoTags: [] },
    ])
  })

  test('an own one does not show by a name that others gave it', () => {
    const images = [image('own', ['operator/hidden:1']), image('shared', ['alpine:3'])]
    expect(filterImages(images, view, true)).toMatchObject([{ Id: imageIdOf('shared'), SharedSize: -1 }])
    expect(filterImages(images, view)).toHaveLength(2)
  })
})

describe('other lists', () => {
  const volume = (Name: string) => ({
    Name,
    Labels: { 'dockgate.claim': world.ownership.get('volume', Name)?.nonce ?? '' },
  })

  test('volumes are own ones', () => {
    const Volumes = ['mine', 'theirs', 'rivals', 'unheard'].map(volume)
    expect(filterVolumes({ Volumes, Warnings: ['x'] }, view)).toEqual({
      Volumes: [volume('mine')],
      Warnings: [],
    })
  })

  test('networks of others do not show by their labels', () => {
    const own = { Id: 'own', Name: 'own' }
    const theirs = { Id: networkIdOf('backend'), Name: 'backend' }
    world.inventory.putNetwork('own', 'own')
    world.ownership.settle(
      world.ownership.claim('network', policy.name, { memory: 0, nanoCpus: 0 }),
      'own',
      'own',
    )
    expect(filterNetworks([own, theirs], view)).toHaveLength(2)
    expect(filterNetworks([own, theirs], view, true)).toMatchObject([own])
  })

  test('a volume that had the name of an own one before is not shown', () => {
    const before = {
      ...volume('mine'),
      Labels: { 'dockgate.claim': volume('rivals').Labels['dockgate.claim'] },
    }
    expect(filterVolumes({ Volumes: [before, { Name: 'mine' }] }, view)).toMatchObject({ Volumes: [] })
  })

  test('disk usage is that of what is in reach', () => {
    const usage = {
      LayersSize: 1_000,
      Images: [
        { Id: imageIdOf('own'), RepoTags: ['own:1'], Size: 7 },
        { Id: imageIdOf('secret'), Size: 900 },
      ],
      Containers: [listed('web'), listed('rival')],
      Volumes: [volume('mine'), volume('theirs')],
      BuildCache: [{ ID: 'x' }],
      BuilderSize: 5,
    }
    expect(filterDiskUsage(usage, view)).toMatchObject({
      LayersSize: 7,
      Images: [{ Id: imageIdOf('own') }],
      Containers: [{ Id: idOf('web') }],
      Volumes: [{ Name: 'mine' }],
      BuildCache: [],
      BuilderSize: 0,
    })
  })
})

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
      world.ownership.claim('network', policy.name, { memory: 0, nanoCpus: 0 }),
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
    const filters = [
      new Map([['label', ['a=b']]]),
      new Map([['event', ['health_status', 'exec_create: sh -c s3']]]),
      new Map([['event', ['exec_start:']]]),
    ]
    for (const asked of filters) {
      expect(asksInside(asked)).toBe(true)
      expect(filterEvent(about('quiet'), view, asksInside(asked))).toBeUndefined()
      expect(filterEvent(about('ollama'), view, asksInside(asked))).toBeDefined()
      expect(filterEvent(about('web'), view, asksInside(asked))).toBeDefined()
    }
    for (const asked of [undefined, new Map([['event', ['exec_create', 'health_status: healthy']]])]) {
      expect(asksInside(asked)).toBe(false)
      expect(filterEvent(about('quiet'), view, asksInside(asked))).toBeDefined()
    }
  })

  test('of a container that is being made are shown by its claim, of another worker not', () => {
    const claim = world.ownership.claim('container', policy.name, { memory: 0, nanoCpus: 0 })
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

describe('an inspect that is redacted', () => {
  test('tells what the CLI needs, and nothing of environment, mounts, networks and labels', () => {
    const redacted = redactContainer({
      Id: 'x',
      Name: '/web',
      Path: 'secret',
      Args: ['secret'],
      Mounts: ['secret'],
      NetworkSettings: 'secret',
      State: { Running: true, Pid: 'secret', Health: { Log: ['secret'] } },
      Config: { Tty: true, Env: ['secret'], Labels: { a: 'secret' }, Cmd: ['secret'], Hostname: 'secret' },
      HostConfig: {
        AutoRemove: true,
        Binds: ['secret'],
        LogConfig: { Type: 'x', Config: { token: 'secret' } },
      },
      ResolvConfPath: 'secret',
    })
    expect(redacted).toEqual({
      Id: 'x',
      Name: '/web',
      State: { Running: true },
      Config: { Tty: true },
      HostConfig: { AutoRemove: true, LogConfig: { Type: 'x' } },
      NetworkSettings: { Ports: {}, Networks: {} },
    })
  })
})

describe('the info of an engine', () => {
  test('is a closed list, with counts of what is in reach', () => {
    const info = filterInfo(
      {
        Name: 'host',
        NCPU: 8,
        Containers: 90,
        HttpProxy: 'http://u:p@x',
        Labels: ['x'],
        Swarm: { NodeID: 'x' },
        Images: 7,
      },
      countsOf(world, policy),
    )
    expect(info).toMatchObject({
      Name: 'host',
      NCPU: 8,
      Containers: 6,
      ContainersRunning: 3,
      ContainersStopped: 3,
      Labels: [],
    })
    expect(info).not.toHaveProperty('HttpProxy')
    expect(info['Swarm']).toEqual({ LocalNodeState: 'inactive' })
  })
})

describe('errors', () => {
  const [mine, others] = ['a'.repeat(64), 'b'.repeat(64)]
  const clean = (message: string) => cleanMessage(Buffer.from(message), (id) => mine.startsWith(id))

  test('of the engine come without the ids of others', () => {
    const written = `in use by ${others} and ${others.slice(0, 12)}, not ${mine}`
    expect(clean(JSON.stringify({ message: written }))).toBe(`in use by ... and ..., not ${mine}`)
  })

  test('that are no JSON are cut', () => {
    expect(clean(`x ${others} ${'y'.repeat(1_000)}`)).toMatch(/^x \.\.\. y+$/)
    expect(clean('x'.repeat(1_000))).toHaveLength(500)
    expect(clean('{"other":1}')).toBe('')
  })

  test('of the gate say that something is not there in the words of an engine, and nothing else', () => {
    const refused = { ...refuse('logs', 'docker.reach', 'No such container: x', {}), status: 404 as const }
    const reply = refusalReply(refused, '17', 'ai-worker')
    expect(reply).toMatchObject({ kind: 'whole', status: 404 })
    expect(reply.kind === 'whole' ? reply.body.toString() : '').toBe('{"message":"No such container: x"}')
  })

  test('of the gate carry the refusal as fields beside the text', () => {
    const reply = refusalReply(
      refuse('run', 'run.binds', '/etc', { why: 'it is outside' }),
      '17',
      'ai-worker',
    )
    if (reply.kind !== 'whole') throw new Error('is no whole reply')
    expect(reply.status).toBe(403)
    expect(JSON.parse(reply.body.toString())).toMatchObject({
      decision: 'refused',
      rule: 'run.binds',
      what: '/etc',
      record: '17',
      next: 'To ask: tell the operator the rule, for worker ai-worker.',
      message: expect.stringMatching(/^refused by policy: run\.binds\n/),
    })
  })
})
