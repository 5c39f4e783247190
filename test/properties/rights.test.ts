/**
 * No effect happens that the policy in force at that moment refuses: for generated sequences of policies and calls, where another policy
 * can come into force at every wait. Each effect is decided on its own, from what reaches the engine.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc, { type Scheduler } from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { Recorder } from '../../src/audit/recorder.ts'
import { decode, routeOf } from '../../src/decode/decode.ts'
import { Gate } from '../../src/gate.ts'
import { BindRoots } from '../../src/host/bind-roots.ts'
import { ContainerSockets } from '../../src/host/container-sockets.ts'
import { Pins } from '../../src/host/pins.ts'
import type { Identity } from '../../src/workers/identity.ts'
import { decide } from '../../src/decide/decide.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { calledSo } from '../../src/policy/space.ts'
import type { Policy, WorkerPolicy } from '../../src/policy/policy.ts'
import { handle } from '../../src/pipeline.ts'
import { KnownImages } from '../../src/world/known-images.ts'
import { execInReach } from '../../src/resolve/containers.ts'
import type { ExecFacts } from '../../src/resolve/facts.ts'
import type { HostPaths } from '../../src/resolve/paths.ts'
import { resolve } from '../../src/resolve/resolve.ts'
import type { EncodedRequest } from '../../src/engine/encoded.ts'
import { encode, isSendable } from '../../src/encode/encode.ts'
import { objectOf, textOf, textsOf } from '../../src/shared/json-value.ts'
import type { Store } from '../../src/record/store.ts'
import { ENGINE, setImages, UNLABELLED } from '../cases/world.ts'
import { runs, seedFor } from '../support/runs.ts'
import { StandIn, type Going } from '../support/stand-in.ts'
import { asking } from '../support/asking.ts'

const PATHS: HostPaths = new Map([['/srv/work', { found: true, real: '/srv/work' }]])
const NETWORK = 'b'.repeat(64)

type Value<A> = A extends fc.Arbitrary<infer T> ? T : never

/** Mostly all of them. */
const most = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: values.length - 3 })
const WORDS = [
  ...['run', 'create', 'start', 'restart', 'stop', 'unpause', 'logs', 'wait', 'exec', 'commit', 'update'],
  ...['pull', 'kill', 'rm', 'network connect', 'tag'],
]
const EVERYTHING = {
  on_reload: 'drain',
  isThere: true,
  group: '1',
  allow: WORDS,
  images: ['docker.io/library/*', 'docker.io/other/*'],
  capabilities: ['NET_ADMIN', 'SYS_TIME'],
  networks: ['backend'],
  binds: [{ path: '/srv/work', mode: 'rw' }],
  memory: '128m',
  own: ['ls', 'pwd'],
}
const aPolicy: fc.Arbitrary<typeof EVERYTHING> = fc.record({
  on_reload: fc.constantFrom('drain', 'drain', 'cut'),
  isThere: fc.constantFrom(true, true, true, true, true, false),
  group: fc.constantFrom('1', '1', '1', '1', '2'),
  allow: most(WORDS),
  images: fc.subarray(EVERYTHING.images, { minLength: 1 }),
  capabilities: fc.subarray(EVERYTHING.capabilities),
  networks: fc.subarray(EVERYTHING.networks),
  binds: fc.constantFrom(EVERYTHING.binds, [], [{ path: '/srv/work', mode: 'ro' }]),
  memory: fc.constantFrom('64m', '128m'),
  own: fc.subarray(EVERYTHING.own),
})

function policyOf({ on_reload, isThere, group, ...rights }: typeof EVERYTHING): Policy {
  const { allow, images, capabilities, networks, binds, memory, own } = rights
  const run = { images, capabilities, networks, binds, limits: { memory, cpus: 1, containers: 1000 } }
  const worker = { socket: { path: '/run/w/s', group }, docker: { allow, exec: { own }, run } }
  const other = { socket: '/run/o/s', docker: { allow: [] } }
  const workers = isThere ? { worker, other } : { other }
  const parsed = parsePolicy(stringify({ version: 1, policy: { on_reload }, workers }), 'policy.yaml')
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.policy
}

/** A request of the worker's; `container` stands for one that is there, `exec` for one that was made. */
const aCall = fc.oneof(
  fc
    .record({
      Image: fc.constantFrom('alpine', 'other/app'),
      CapAdd: fc.subarray(['NET_ADMIN', 'SYS_TIME']),
      NetworkMode: fc.constantFrom('default', 'backend'),
      Binds: fc.constantFrom<readonly string[]>([], ['/srv/work:/w']),
      Memory: fc.constantFrom(0, 64 * 2 ** 20, 128 * 2 ** 20),
    })
    .map(({ Image, ...HostConfig }) => ['POST', '/containers/create', { Image, HostConfig }] as const),
  fc.constantFrom(
    ...[
      ['POST', '/containers/<container>/start', undefined] as const,
      ['POST', '/containers/<container>/restart?t=600', undefined] as const,
      ['POST', '/containers/<container>/unpause', undefined] as const,
      ['POST', '/containers/<container>/kill', undefined] as const,
      ['GET', '/containers/<container>/logs?follow=1&stdout=1', undefined] as const,
      ['POST', '/containers/<container>/wait', undefined] as const,
      ['POST', '/containers/<container>/update', { Memory: 100 * 2 ** 20 }] as const,
      ['POST', '/containers/<container>/exec', { Cmd: ['ls'] }] as const,
      ['POST', '/containers/<container>/exec', { Cmd: ['sh'] }] as const,
      ['POST', '/exec/<exec>/start', {}] as const,
      ['POST', '/networks/backend/connect', { Container: '<container>' }] as const,
      ['POST', '/images/create?fromImage=alpine&tag=3', undefined] as const,
      ['POST', '/commit?container=<container>', undefined] as const,
      ['POST', '/images/alpine/tag?repo=mine', undefined] as const,
    ],
  ),
)

const anAct = fc.oneof(
  { weight: 3, arbitrary: fc.record({ call: aCall, pick: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ policy: aPolicy }) },
)

/** The folder of the policies is not there: it counts as a root that nobody moves. */
const NO_SOCKETS = new ContainerSockets('none')
const ROOTS = await BindRoots.open(
  { engine: undefined, faults: { refused: false, accepted: [] }, onReload: 'drain', workers: [] },
  () => undefined,
)
ROOTS.openSource = async () => undefined

class World {
  readonly gate: Gate
  readonly #engine: StandIn
  /** Every worker that there was: a connection of one that has ended may still ask. */
  readonly identities: Identity[] = []
  readonly found: string[] = []
  readonly #images = new KnownImages()
  /** What they run, by their ids. */
  readonly execs = new Map<string, readonly string[]>()
  effects = 0

  constructor(scheduler: Scheduler, pins: Pins, policy: Policy) {
    const wait = (what: string): Promise<unknown> => scheduler.schedule(Promise.resolve(), what)
    const engine = new StandIn(wait, (encoded) => this.#check(encoded))
    this.#engine = engine
    const recorder = new Recorder(
      storeOf(wait),
      () => '',
      () => undefined,
    )
    this.gate = new Gate(
      engine,
      storeOf(wait),
      recorder,
      { pins, sockets: NO_SOCKETS, buildSecret: Buffer.alloc(32) },
      policy,
      ROOTS.share(),
      {
        connected: () => undefined,
        lost: () => undefined,
        imagesKnown: () => undefined,
        unbound: () => undefined,
      },
    )
    const connected = { facts: ENGINE, pingHeaders: {}, version: {}, dataRoot: '' }
    Object.defineProperty(this.gate.feed, 'connected', { get: () => connected })
    const whenKnown = () => wait('the images').then(() => this.#images)
    Object.defineProperty(this.gate.sight, 'known', { get: () => this.#images })
    Object.defineProperty(this.gate.sight, 'whenKnown', { value: whenKnown })
    Object.defineProperty(this.gate.sight, 'look', { value: () => wait('images') })
    Object.defineProperty(this.gate.paths, 'resolve', { value: () => wait('paths').then(() => PATHS) })
    this.gate.inventory.putNetwork(NETWORK, 'backend')
    const image = { id: `sha256:${'c'.repeat(64)}`, names: ['docker.io/library/alpine:latest'], parent: '' }
    setImages({ images: this.#images }, [{ ...image, ...UNLABELLED }])
  }

  /** A container and an exec are there from the start. */
  async begin(): Promise<void> {
    await this.admit()
    const HostConfig = {
      ...{ CapAdd: ['NET_ADMIN'], NetworkMode: 'backend' as const, Memory: 128 * 2 ** 20 },
      Binds: ['/srv/work:/w'],
    }
    await this.call(['POST', '/containers/create', { Image: 'alpine', HostConfig }], 0)
    await this.call(['POST', '/containers/<container>/exec', { Cmd: ['ls'] }], 0)
  }

  async admit(): Promise<void> {
    const section = this.gate.policy.workers.find(({ name }) => name === 'worker')
    if (section === undefined) return
    const { identity } = await this.gate.admit(section, section.socket.group ?? '')
    if (!this.identities.includes(identity)) this.identities.push(identity)
  }

  adopt(policy: Policy): void {
    this.gate.adopt(policy, ROOTS.share())
    // What goes on, and could be ended, is given by the policy in force.
    for (const going of this.#engine.going) {
      const isBound = going.until?.isOver === false
      if (isBound && !this.#isGiven(going.encoded)) this.#blame(`still goes on`, going)
    }
  }

  async call([method, path, body]: Value<typeof aCall>, pick: number): Promise<void> {
    const identity = this.identities[pick % Math.max(1, this.identities.length)]
    if (identity === undefined) return
    const containers = [...this.gate.ownership.idsOf(identity.name, 'container')]
    const container = containers[pick % Math.max(1, containers.length)] ?? 'none'
    const exec = [...this.execs.keys()][pick % Math.max(1, this.execs.size)] ?? 'none'
    const fill = (text: string): string => text.replace('<container>', container).replace('<exec>', exec)
    const target = fill(`/v1.45${path}`)
    const request = {
      rawHeaders: body === undefined ? [] : ['Content-Type', 'application/json'],
      body: Buffer.from(body === undefined ? '' : fill(JSON.stringify(body))),
    }
    const caller = { identity, door: 'socket' } as const
    const reply = await handle(asking(this.gate, caller), routeOf(method, target), request)
    if (reply.kind === 'stream') reply.body.resume().on('error', () => undefined)
    if (reply.kind === 'hijacked') reply.connection.socket.on('error', () => undefined)
    if (reply.kind === 'whole' && reply.status === 201 && path.endsWith('/exec'))
      this.execs.set(
        textOf(objectOf(JSON.parse(reply.body.toString()))['Id']),
        textsOf(objectOf(body)['Cmd']),
      )
  }

  /** Everything that reaches the engine, at the moment in which it does. */
  #check(encoded: EncodedRequest): void {
    const isLookUp = /\/containers\/[0-9a-f]{64}\/json/.test(encoded.path)
    if (isLookUp) return
    this.effects += 1
    if (!this.#isGiven(encoded)) this.#blame('was done', { encoded })
  }

  #blame(what: string, { encoded }: Pick<Going, 'encoded'>): void {
    const { number } = this.gate.policy
    this.found.push(`${encoded.method} ${encoded.path} ${what}, which policy ${number} refuses`)
  }

  /** An exec as it was made: that it was started already is not a question of the policy. */
  #madeExec(worker: WorkerPolicy, id: string): ExecFacts | undefined {
    const exec = execInReach(this.gate, worker, id)
    const argv = this.execs.get(id)
    return exec && { ...exec, made: argv && { kind: 'container.exec', container: '', argv, body: {} } }
  }

  /** Whether the policy in force gives what an engine is asked for: decided from its bytes, as if a client had sent them. */
  #isGiven(encoded: EncodedRequest): boolean {
    const section = this.gate.policy.workers.find(({ name }) => name === 'worker')
    if (section === undefined) return false
    const path = encoded.path.split('?')[0] ?? ''
    // A stop is the first half of a restart.
    const pulled = /\/distribution\/(.*)\/json$/.exec(path)?.[1]
    // What a registry has under a name is asked for a pull of it.
    const words = [
      pulled === undefined ? encoded.path : `/v1.45/images/create?fromImage=${pulled}`,
      ...(path.endsWith('/stop') ? [encoded.path.replace('/stop', '/restart')] : []),
    ]
    const current = this.gate.identities.find(({ section: name }) => name === 'worker')
    if (current === undefined) return false
    const worker = calledSo(section, current.name)
    return words.some((target) => {
      const routed = routeOf(pulled === undefined ? encoded.method : 'POST', target)
      if (!routed.found) return false
      const body = encoded.body instanceof Buffer ? withoutLabels(encoded.body) : Buffer.alloc(0)
      const rawHeaders = body.length === 0 ? [] : ['Content-Type', 'application/json']
      const decoded = decode(routed.match, { rawHeaders, body })
      const { operation } = decoded
      const looked = { paths: PATHS, images: this.#images }
      const usage = { containers: 1, networks: 0, volumes: 0, memory: 0, nanoCpus: 0 }
      const exec = operation.kind === 'exec.start' ? this.#madeExec(worker, operation.exec) : undefined
      const before = { usage, updating: false, exec }
      const verdict = decide(worker, decoded, resolve(this.gate, worker, operation, ENGINE, looked, before))
      if (verdict.effect === 'refuse' || !isSendable(verdict.permit)) return false
      const again = encode(verdict.permit, { clientMinor: 45, engineMinor: 45, labels: {} })
      return verdict.permit.on !== 'create' || sameBody(again.body, body)
    })
  }
}

function withoutLabels(body: Buffer): Buffer {
  const { Labels: _, ...rest } = objectOf(JSON.parse(body.toString()))
  return Buffer.from(JSON.stringify(rest))
}

function sameBody(one: EncodedRequest['body'], other: Buffer): boolean {
  return one instanceof Buffer && withoutLabels(one).equals(other)
}

function storeOf(wait: (what: string) => Promise<unknown>): Store {
  return {
    write: async (changes, durability) => {
      if (durability === 'synced') await wait(`the disk for ${changes.length}`)
    },
    note: () => undefined,
    owned: () => [],
    claims: () => [],
    renamed: () => [],
    made: () => [],
    workers: () => [],
    state: () => ({ entries: 0, head: '', failing: undefined }),
    watch: () => () => undefined,
    close: () => undefined,
  }
}

test('no effect happens that the policy in force at that moment refuses', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-rights-'))
  const pins = await Pins.open({ id: directory, written: directory })
  let effects = 0
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(anAct, { minLength: 2, maxLength: 14 }),
        async (scheduler, acts) => {
          const world = new World(scheduler, pins, policyOf(EVERYTHING))
          await scheduler.waitFor(world.begin())
          const calls = acts.map(async (act, index) => {
            await scheduler.schedule(Promise.resolve(), `act ${index}`)
            if ('call' in act) return world.call(act.call, act.pick)
            world.adopt(policyOf(act.policy))
            return world.admit()
          })
          await scheduler.waitFor(Promise.all(calls))
          effects += world.effects
          expect(world.found).toEqual([])
        },
      ),
      { numRuns: runs(200), seed: seedFor('rights') },
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
  // A world in which nothing happens would hold too.
  expect(effects).toBeGreaterThan(runs(200))
}, 120_000)
