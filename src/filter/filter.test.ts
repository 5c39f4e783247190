import { describe, expect, test } from 'vitest'
import { idOf, imageIdOf, networkIdOf, policyOf, worldWith } from '../../test/cases/world.ts'
import { refuse } from '../decide/refuse.ts'
import { cleanMessage, withoutDataRoot } from './errors.ts'
import { listed as listedContainer, redacted } from './answers/container.ts'
import { listedImage } from './answers/image.ts'
import { listedNetwork } from './answers/network.ts'
import { diskUsage, info, versionOf } from './answers/system.ts'
import { volumes } from './answers/volume.ts'
import { list } from './fields.ts'
import { refusalReply } from './refusal.ts'
import { viewOf } from './view.ts'

const world = worldWith()
const policy = policyOf()
const view = viewOf(world, { worker: policy })

const filterContainers = (answer: unknown) => list(listedContainer).read(answer, view) ?? []
const filterImages = (answer: unknown, byName = false) => list(listedImage(byName)).read(answer, view) ?? []
const filterNetworks = (answer: unknown, byLabel = false) => list(listedNetwork(byLabel)).read(answer, view)

const listed = (name: string) => ({
  Id: idOf(name),
  Names: [`/${name}`],
  Command: 'secret --token x',
  Labels: { a: 'b' },
  Mounts: [{ Source: '/srv' }],
})

describe('a list of containers', () => {
  test('holds what is in reach, and of what is not to be inspected no insides', () => {
    const containers = filterContainers(['web', 'ollama', 'quiet', 'database', 'rival'].map(listed))
    expect(containers.map((container) => container['Id'])).toEqual(['web', 'ollama', 'quiet'].map(idOf))
    expect(containers.slice(0, 2)).toEqual(['web', 'ollama'].map(listed))
    expect(containers[2]).toEqual({ ...listed('quiet'), Command: '', Labels: {}, Mounts: [], Ports: [] })
  })

  test('tells by which names own containers link to one, and not by which those of others do', () => {
    const Names = ['/database/a', '/rival/b', '/web', '/web/c', '/fresh/d', '/nowhere/e']
    expect(filterContainers([{ ...listed('web'), Names }])).toMatchObject([
      { Names: ['/web', '/web/c', '/fresh/d'] },
    ])
  })

  test('holds nothing of what has no id', () => {
    expect(filterContainers([{}, null, { Id: '' }, { Id: '7' }, 'x'])).toEqual([])
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
    const images = filterImages([
      image('shared', ['alpine:3', 'operator/alpine:3']),
      image('secret', ['operator/secret:1']),
      image('nameless', null),
      image('unknown', ['<none>:<none>']),
    ])
    expect(images).toMatchObject([
      { Id: imageIdOf('shared'), RepoTags: ['alpine:3'] },
      { Id: imageIdOf('nameless'), RepoTags: [] },
    ])
  })

  test('an own one does not show by a name that others gave it', () => {
    const images = [image('own', ['operator/hidden:1']), image('shared', ['alpine:3'])]
    expect(filterImages(images, true)).toMatchObject([{ Id: imageIdOf('shared'), SharedSize: -1 }])
    expect(filterImages(images)).toHaveLength(2)
  })
})

describe('other lists', () => {
  const volume = (Name: string) => ({
    Name,
    Labels: { 'dockgate.claim': world.ownership.get('volume', Name)?.nonce ?? '' },
  })

  test('volumes are own ones', () => {
    const Volumes = ['mine', 'theirs', 'rivals', 'unheard'].map(volume)
    expect(volumes.read({ Volumes, Warnings: ['x'] }, view)).toEqual({
      // The gate's own labels are told to nobody.
      Volumes: [{ Name: 'mine', Labels: {} }],
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
    expect(filterNetworks([own, theirs])).toHaveLength(2)
    expect(filterNetworks([own, theirs], true)).toMatchObject([own])
  })

  test('a volume that had the name of an own one before is not shown', () => {
    const before = {
      ...volume('mine'),
      Labels: { 'dockgate.claim': volume('rivals').Labels['dockgate.claim'] },
    }
    expect(volumes.read({ Volumes: [before, { Name: 'mine' }] }, view)).toMatchObject({
      Volumes: [],
    })
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
    expect(diskUsage({ isVerbose: false, types: undefined }).read(usage, view)).toMatchObject({
      LayersSize: 7,
      Images: [{ Id: imageIdOf('own') }],
      Containers: [{ Id: idOf('web') }],
      Volumes: [{ Name: 'mine' }],
      BuildCache: [],
      BuilderSize: 0,
    })
  })

  /** As an engine of API 1.52 tells it that is asked for single things; of no volumes it tells nothing. */
  const usageOf52 = {
    ImageUsage: {
      ...{ ActiveCount: 9, TotalCount: 9, TotalSize: 1_000 },
      Items: [
        { Id: imageIdOf('own'), RepoTags: ['own:1'], Size: 7, Containers: 9 },
        { Id: imageIdOf('secret'), Size: 900 },
      ],
    },
    ContainerUsage: {
      ...{ ActiveCount: 9, TotalCount: 9, TotalSize: 1_000, Reclaimable: 500 },
      Items: [
        { ...listed('web'), State: 'running', SizeRw: 3, ImageID: imageIdOf('own') },
        { ...listed('rival'), State: 'exited', SizeRw: 90 },
      ],
    },
    VolumeUsage: {},
    BuildCacheUsage: { ActiveCount: 1, TotalCount: 1, TotalSize: 5, Items: [{ ID: 'x' }] },
  }
  const NONE = { ActiveCount: 0, TotalCount: 0, Reclaimable: 0, TotalSize: 0 }

  test('of a new engine is counted anew, and told in both forms', () => {
    const told = diskUsage({ isVerbose: false, types: undefined }).read(usageOf52, view)
    expect(told).toEqual({
      ImageUsage: { ActiveCount: 1, TotalCount: 1, Reclaimable: 0, TotalSize: 7 },
      ContainerUsage: { ActiveCount: 1, TotalCount: 1, Reclaimable: 0, TotalSize: 3 },
      ...{ VolumeUsage: NONE, BuildCacheUsage: NONE, LayersSize: 7, Volumes: [], BuildCache: [] },
      Images: [expect.objectContaining({ Id: imageIdOf('own'), Containers: -1 })],
      Containers: [expect.objectContaining({ Id: idOf('web') })],
    })
  })

  test('of single things is told in the new form alone, and of the kinds that were asked for', () => {
    const told = diskUsage({ isVerbose: true, types: ['image', 'volume'] }).read(usageOf52, view)
    const image = { ActiveCount: 1, TotalCount: 1, Reclaimable: 0, TotalSize: 7 }
    expect(told).toEqual({
      ImageUsage: { ...image, Items: [expect.objectContaining({ Id: imageIdOf('own') })] },
      VolumeUsage: { ...NONE, Items: [] },
    })
  })
})

describe('the version of an engine', () => {
  test('has the API versions that dockgate speaks too', () => {
    const spoken = { ApiVersion: '1.60', MinAPIVersion: '1.12' }
    const version = {
      ...spoken,
      Version: '31.0.0',
      Components: [{ Name: 'Engine', Details: { ...spoken, Os: 'linux' } }],
    }
    const told = { ApiVersion: '1.55', MinAPIVersion: '1.24' }
    expect(versionOf({ oldest: 24, minor: 55 }).read(version, view)).toEqual({
      ...{ ...told, Version: '31.0.0' },
      Components: [{ Name: 'Engine', Details: { ...told, Os: 'linux' } }],
    })
  })
})

test('a client of another API version is told so in the engine’s words alone', () => {
  const refused = refuse('request', 'request.version', 'API version 1.24', {
    why: 'client version 1.24 is too old.',
  })
  expect(refusalReply({ ...refused, status: 400 }, 'record', 'worker')).toMatchObject({
    status: 400,
    body: '{"message":"client version 1.24 is too old."}',
  })
})

describe('an inspect that is redacted', () => {
  test('tells what the CLI needs, and nothing of environment, mounts, networks and labels', () => {
    const told = redacted.read(
      {
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
      },
      view,
    )
    expect(told).toEqual({
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
    const told = info.read(
      {
        Name: 'host',
        NCPU: 8,
        Containers: 90,
        HttpProxy: 'http://u:p@x',
        Labels: ['x'],
        Swarm: { NodeID: 'x' },
        Images: 7,
      },
      view,
    )
    expect(told).toMatchObject({
      Name: 'host',
      NCPU: 8,
      Containers: 6,
      ContainersRunning: 3,
      // All but the one whose name the policy does not give.
      Images: 4,
      ContainersStopped: 3,
      Labels: [],
    })
    expect(told).not.toHaveProperty('HttpProxy')
    expect(told?.['Swarm']).toEqual({ LocalNodeState: 'inactive' })
  })
})

describe('errors', () => {
  const [mine, others] = ['a'.repeat(64), 'b'.repeat(64)]
  const clean = (message: string) => cleanMessage(Buffer.from(message), '/var/x', (id) => mine.startsWith(id))

  test('of the engine come without the ids of others', () => {
    const written = `in use by ${others} and ${others.slice(0, 12)}, not ${mine}`
    expect(clean(JSON.stringify({ message: written }))).toBe(`in use by ... and ..., not ${mine}`)
  })

  test('of the engine come without where it keeps things', () => {
    const written = JSON.stringify({ message: `open /var/x/tmp/1: not there, /var/y, /var/x` })
    expect(clean(written)).toBe('open .../tmp/1: not there, /var/y, ...')
    expect(withoutDataRoot(written, '')).toBe(written)
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
    if (reply.kind !== 'whole') throw new Error('is not a whole reply')
    expect(reply.status).toBe(403)
    expect(JSON.parse(reply.body.toString())).toMatchObject({
      decision: 'refused',
      rule: 'run.binds',
      what: '/etc',
      record: '17',
      next: 'To request access, give your operator this rule, for worker ai-worker.',
      message: expect.stringMatching(/^refused by policy: run\.binds\n/),
    })
  })
})
