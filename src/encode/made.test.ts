import { expect, test } from 'vitest'
import { ask, idOf, networkIdOf } from '../../test/cases/world.ts'
import type { NetworkMemberPermit } from '../decide/verdict.ts'
import { objectOf } from '../shared/json-value.ts'
import { MadeWith } from '../world/made.ts'
import { madeAfterMove, madeAfterUpdate, madeBody } from './made.ts'
import { madeOfInspected } from '../world/made-body.ts'

/** What is kept of a create that the standard policy allows. */
function keptOf(body: object): string {
  const request = { line: 'POST /containers/create', body: { Image: 'alpine', ...body } }
  const { verdict } = ask(request)
  if (verdict.effect === 'allow' && verdict.permit.on === 'create') return madeBody(verdict.permit)
  throw new Error(JSON.stringify(verdict))
}

/** A body as it is read again. */
function read(text: string) {
  const made = new MadeWith({ made: () => [{ nonce: 'n', text }] })
  return made.get('n')
}

function moveOf(word: 'connect' | 'disconnect', body: object, network = 'lab'): NetworkMemberPermit {
  const request = { line: `POST /networks/${network}/${word}`, body }
  const settings = {
    docker: { allow: [`network ${word}`] },
    run: { subnets: ['172.30.0.0/16'] },
    world: {},
    without: [],
  }
  const { verdict } = ask(request, settings)
  if (verdict.effect === 'allow' && verdict.permit.on === 'network member') return verdict.permit
  throw new Error(JSON.stringify(verdict))
}

test('what is kept says nothing that may be secret, and nothing of labels and commands', () => {
  const text = keptOf({
    ...{ Env: ['PASSWORD=s3cret'], Cmd: ['s3cret'], Labels: { a: 's3cret' }, Entrypoint: ['s3cret'] },
    HostConfig: { ExtraHosts: ['s3cret:1.2.3.4'] },
  })
  expect(text).not.toContain('s3cret')
})

test('beside it stands what was asked for, as it was written', () => {
  const Binds = ['/srv/work/a:/a', 'data:/b:rw']
  const text = keptOf({ HostConfig: { Binds } })
  const made = new MadeWith({ made: () => [{ nonce: 'n', text }] })
  expect(made.asked('n')).toMatchObject({ Image: 'alpine', HostConfig: { Binds } })
  expect(made.get('n')).toMatchObject({ image: 'docker.io/library/alpine:latest', mounts: [] })
  expect(made.asked('another')).toEqual({})
})

test('what is kept is read as the create that it was, with what was put in', () => {
  const made = read(
    keptOf({
      Hostname: 'me',
      HostConfig: {
        ...{ CapAdd: ['NET_ADMIN'], Tmpfs: { '/x': '' }, PortBindings: { '80/tcp': [{}] } },
        ...{ NetworkMode: 'none', RestartPolicy: { Name: 'on-failure' } },
      },
    }),
  )
  expect(made).toMatchObject({
    image: 'docker.io/library/alpine:latest',
    addCapabilities: ['NET_ADMIN'],
    network: { mode: 'none' },
    limits: { memory: 2 ** 30, nanoCpus: 2e9, pids: 256, shm: 64 * 2 ** 20 },
    mounts: [{ type: 'tmpfs', target: '/x', size: 2 ** 30 }],
    ports: [{ container: '80/tcp', address: '127.0.0.1', host: { from: 20_000, to: 20_999 } }],
    restart: { name: 'on-failure', retries: 10 },
    config: { Hostname: 'me' },
  })
})

test('networks are kept by their ids, those that every engine has are not', () => {
  const made = read(
    keptOf({
      HostConfig: { NetworkMode: 'backend' },
      NetworkingConfig: { EndpointsConfig: { backend: {} } },
    }),
  )
  expect(made?.endpoints.map(({ network }) => network)).toEqual([networkIdOf('backend')])
  expect(read(keptOf({ NetworkingConfig: { EndpointsConfig: { default: {} } } }))?.endpoints).toEqual([])
})

test('an update changes what it gives, and leaves the rest', () => {
  const changes = {
    ...{ memory: 5, memorySwap: 10, memoryReservation: undefined, nanoCpus: undefined, cpuShares: undefined },
    ...{ pids: 7, cpusetCpus: undefined, cpusetMems: undefined, restart: { name: 'no', retries: 0 } },
  }
  const made = read(
    madeAfterUpdate(keptOf({ HostConfig: { RestartPolicy: { Name: 'on-failure' } } }), changes),
  )
  expect(made?.limits).toMatchObject({ memory: 5, memorySwap: 10, pids: 7, nanoCpus: 2e9 })
  expect(made?.restart.name).toBe('no')
})

test('a network that was joined is there with its fixed address, and one that was left is not', () => {
  const body = { Container: 'web', EndpointConfig: { IPAMConfig: { IPv4Address: '172.30.0.5' } } }
  const connect = moveOf('connect', body)
  const joined = madeAfterMove(keptOf({}), connect)
  const fixed = [{ text: '172.30.0.5', first: 'ac1e0005', last: 'ac1e0005' }]
  expect(read(joined)?.endpoints).toMatchObject([{ network: networkIdOf('lab'), fixed }])
  expect(read(madeAfterMove(joined, connect))?.endpoints).toHaveLength(1)
  const more = madeAfterMove(joined, moveOf('connect', { Container: 'web' }, 'backend'))
  expect(read(more)?.endpoints).toMatchObject([{ fixed }, { network: networkIdOf('backend'), fixed: [] }])
  expect(read(madeAfterMove(joined, moveOf('disconnect', { Container: 'web' })))?.endpoints).toEqual([])
})

test('of a container that is there it is read from what an engine tells', () => {
  const id = idOf('web')
  const inspected = objectOf({
    Id: id,
    Config: { Hostname: id.slice(0, 12), Env: ['PASSWORD=s3cret'] },
    HostConfig: {
      ...{ Memory: 5, MemorySwap: -1, CapAdd: null, NetworkMode: 'default', Privileged: true },
      ...{ LogConfig: { Type: 'journald', Config: { tag: 'x' } }, Binds: ['/srv/work:/a'] },
      Mounts: [
        { Type: 'bind', Source: '/srv/work', Target: '/a' },
        { Type: 'tmpfs', Target: '/x' },
      ],
    },
    NetworkSettings: {
      Networks: {
        bridge: { NetworkID: 'b1' },
        own: { NetworkID: 'o1', IPAMConfig: { IPv4Address: '172.30.0.5' } },
        fresh: { IPAMConfig: null },
      },
    },
  })
  const made = read(madeOfInspected(inspected, 'docker.io/library/alpine:3'))
  expect(made).toMatchObject({
    limits: { memory: 5, memorySwap: undefined },
    network: { mode: 'default' },
    log: { driver: '' },
  })
  expect(made?.config.Hostname).toBeUndefined()
  expect(made?.mounts.map(({ type }) => type)).toEqual(['tmpfs'])
  expect(made?.endpoints).toMatchObject([
    { network: 'o1', fixed: [{ text: '172.30.0.5' }] },
    { network: 'fresh', fixed: [] },
  ])
})

test.each(['', '{', '{"Image":""}', '[]', '{"Image":"a","HostConfig":{"Privileged":true}}'])(
  'what is not a create says nothing of what a container was made with: %j',
  (text) => {
    expect(read(text)).toBeUndefined()
  },
)
