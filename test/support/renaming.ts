/** The operator and two workers who give names to containers by chance, before a gate whose answers and events come late. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { Recorder } from '../../src/audit/recorder.ts'
import { routeOf } from '../../src/decode/decode.ts'
import { Engine } from '../../src/engine/engine.ts'
import { Gate } from '../../src/gate.ts'
import { BindRoots } from '../../src/host/bind-roots.ts'
import { ContainerSockets } from '../../src/host/container-sockets.ts'
import { Pins } from '../../src/host/pins.ts'
import { handle } from '../../src/pipeline.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import type { Policy, WorkerPolicy } from '../../src/policy/policy.ts'
import { containersInReach } from '../../src/resolve/containers.ts'
import { openStore } from '../../src/record/sqlite/open-store.ts'
import type { Dice } from '../fuzz/mutate.ts'
import type { Fate, NamingEngine } from './naming-engine.ts'
import { asking } from './asking.ts'

const NAMES = ['web', 'db', 'proxy', 'cache', 'queue', 'job', 'mail', 'auth', 'feed', 'shop']
const WORDS = ['logs', 'exec', 'restart', 'top', 'stats']
export const WORKERS = ['one', 'two'] as const
type Worker = (typeof WORKERS)[number]

/** Two workers who may rename what they reach; which that is, is left to chance. */
function policyOf(dice: Dice): Policy {
  const docker = () => ({
    allow: ['create', 'rename', 'ps'],
    reach: Object.fromEntries(
      NAMES.filter(() => dice.below(5) < 2).map((name) => [name, ['rename', dice.of(WORDS)]]),
    ),
    run: { images: ['docker.io/library/*'], limits: { memory: '1g', cpus: 1, pids: 10, containers: 1000 } },
  })
  const workers = Object.fromEntries(
    WORKERS.map((name) => [name, { socket: `/run/dockgate/${name}/docker.sock`, docker: docker() }]),
  )
  const parsed = parsePolicy(stringify({ version: 1, workers }), 'policy.yaml')
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.policy
}

/** A container of the operator's. */
interface Called {
  /** What the operator called it, the last one at the end. */
  readonly by: string[]
  /** Whether the gate may not have heard of the last of these. */
  isUnheard: boolean
  /** All that workers ever asked to call it; with no answer yet; of which nobody was told what came of it. */
  readonly asked: Set<string>
  readonly open: string[]
  readonly unsure: Set<string>
}

export class Renaming {
  readonly #dice: Dice
  readonly #engine: NamingEngine
  #directory = mkdtempSync(join(tmpdir(), 'dockgate-reach-'))
  #gate: Gate | undefined
  #close: () => void = () => undefined
  #policy: Policy
  readonly #operators = new Map<string, Called>()
  readonly #calls: Promise<unknown>[] = []
  /**
   * Whether the gate has not heard of one of the operator's names that its event alone tells of: a worker gave another behind it,
   * or had asked for the same before.
   */
  #isHidden = false
  /** What happened, in order. */
  readonly log: string[] = []
  /** Names that workers could give, and must not. */
  readonly faults: string[] = []

  constructor(engine: NamingEngine, dice: Dice) {
    this.#engine = engine
    this.#dice = dice
    this.#policy = policyOf(dice)
    engine.renamed = (id) => {
      this.#isHidden ||= this.#operators.get(id)?.isUnheard ?? false
    }
  }

  async open(): Promise<void> {
    const store = openStore(this.#directory)
    const recorder = new Recorder(
      store,
      () => '',
      () => undefined,
    )
    const engine = new Engine(this.#engine.url)
    const events = {
      connected: () => undefined,
      lost: () => undefined,
      imagesKnown: () => undefined,
      unbound: () => undefined,
    }
    const sockets = new ContainerSockets(this.#directory)
    const pins = await Pins.open({ id: this.#directory, written: this.#directory })
    const roots = await BindRoots.open(this.#policy, () => undefined)
    const gate = new Gate(
      engine,
      store,
      recorder,
      { pins, sockets, buildSecret: Buffer.alloc(32) },
      this.#policy,
      roots,
      events,
    )
    this.#gate = gate
    this.#close = () => {
      gate.feed.close()
      engine.close()
      store.close()
    }
    void gate.feed.run()
    await soon(() => gate.feed.connected !== undefined)
  }

  close(): void {
    this.#close()
    rmSync(this.#directory, { recursive: true })
  }

  /** One step by chance. */
  async step(): Promise<void> {
    const dice = this.#dice
    const id = dice.of([...this.#operators.keys(), ''])
    const name = dice.of(NAMES)
    const isRare = dice.below(3) === 0
    switch (dice.below(15)) {
      case 0:
      case 1:
        return this.#create(name)
      case 2:
      case 3:
        return this.#renameAsOperator(id, name)
      case 4:
        return this.#remove(id)
      case 5:
        return isRare ? this.#createAsWorker(dice.of(WORKERS), name) : undefined
      case 6:
        this.log.push('a request is let go')
        return this.#engine.letGo()
      case 7:
        return this.#deliver(dice.below(4))
      case 8:
        return isRare ? this.#cut() : undefined
      case 9:
        return isRare ? this.#restart() : undefined
      case 10:
        if (!isRare) return
        this.log.push('another policy')
        this.#policy = policyOf(dice)
        return this.#running.adopt(this.#policy, await BindRoots.open(this.#policy, () => undefined))
      default:
        return this.#renameByChance(dice.of(WORKERS), id, name)
    }
  }

  /** Lets all come to rest. */
  async rest(): Promise<void> {
    while (this.#engine.waiting > 0) this.#engine.letGo()
    await Promise.all(this.#calls.splice(0))
    const wasHidden = this.#isHidden
    await this.#deliver(Infinity)
    // What a gate that is killed within some milliseconds has heard is lost with it.
    if (wasHidden) await this.#running.persist([])
  }

  /** What is known of the operator's containers that a worker reaches: the name by which it does, by id. */
  reached(worker: Worker): ReadonlyMap<string, string> {
    const policy = this.#section(worker)
    const operators = containersInReach(this.#running, policy).filter(({ owner }) => owner === 'operator')
    return new Map(operators.map(({ id, policyName }) => [id, policyName]))
  }

  /** Whether the operator ever gave that name to that container. What is gone, and not known to be, is left out. */
  isOperators(id: string, name: string): boolean {
    return this.#operators.get(id)?.by.includes(name) ?? !this.#engine.names.has(id)
  }

  /** What a worker is to reach, as the policy gives it to the names that the operator gave last. */
  due(worker: Worker): ReadonlyMap<string, string> {
    const names = Object.keys(this.#section(worker).docker.reach)
    const last = [...this.#operators].map(([id, { by }]) => [id, by.at(-1) ?? ''] as const)
    return new Map(last.filter(([, name]) => names.includes(name)))
  }

  #section(worker: Worker): WorkerPolicy {
    const section = this.#running.policy.workers.find(({ name }) => name === worker)
    if (section === undefined) throw new Error('the worker is in every policy')
    return section
  }

  get #running(): Gate {
    if (this.#gate === undefined) throw new Error('the gate is away')
    return this.#gate
  }

  #create(name: string): void {
    if (!this.#engine.isFree(name)) return
    const id = this.#engine.create(name)
    const nothing = { asked: new Set<string>(), open: [], unsure: new Set<string>() }
    this.#operators.set(id, { by: [name], isUnheard: false, ...nothing })
    this.log.push(`the operator makes ${short(id)}, ${name}`)
  }

  #renameAsOperator(id: string, name: string): void {
    const called = this.#operators.get(id)
    // Who gave a name that a worker asked for, of which nobody knows what came, can't be told.
    if (called === undefined || called.unsure.has(name) || called.open.includes(name)) return
    if (!this.#engine.rename(id, name)) return
    called.by.push(name)
    called.isUnheard = true
    this.#isHidden ||= called.asked.has(name)
    this.log.push(`the operator renames ${short(id)} to ${name}`)
  }

  #remove(id: string): void {
    if (!this.#operators.delete(id)) return
    this.#engine.remove(id)
    this.log.push(`the operator removes ${short(id)}`)
  }

  async #createAsWorker(worker: Worker, name: string): Promise<void> {
    const line = `POST /v1.45/containers/create?name=${name}`
    this.log.push(`${worker} makes ${name}: ${await this.#ask(worker, line, { Image: 'alpine' })}`)
  }

  #renameByChance(worker: Worker, id: string, name: string): Promise<void> {
    const dice = this.#dice
    const fate = dice.of(['answered', 'answered', 'answered', 'held', 'late', 'lost', 'broken'] as const)
    const some = [...this.reached(worker).keys(), dice.of([...this.#engine.names.keys(), id])]
    const free = NAMES.filter((one) => this.#engine.isFree(one) && !this.#running.meant.containers.has(one))
    return this.#renameAsWorker(worker, dice.of(some), dice.of([...free, ...free, name]), fate)
  }

  async #renameAsWorker(worker: Worker, id: string, name: string, fate: Fate): Promise<void> {
    const called = this.#operators.get(id)
    // Behind one of the operator's of the same name, which has not been heard of, it can't be told whose is whose.
    if (id === '' || (called?.isUnheard === true && called.by.includes(name))) return
    const { waiting } = this.#engine
    this.#engine.next(fate)
    // Back to a name that the operator gave it, of which the gate may not have heard that it is not the last.
    const mayNot = this.#running.meant.containers.has(name) && !called?.by.includes(name)
    const asked = this.#ask(worker, `POST /v1.45/containers/${id}/rename?name=${name}`).then((status) => {
      const what = `${worker} renames ${short(id)} to ${name}, ${fate}: ${status}`
      this.log.push(what)
      if (called === undefined) return
      if (status === 503) called.unsure.add(name)
      if (mayNot && [204, 503].includes(status)) this.faults.push(what)
      called.open.splice(called.open.indexOf(name), 1)
    })
    called?.open.push(name)
    called?.asked.add(name)
    this.#calls.push(asked)
    // What is held has come to the engine, or was refused.
    await Promise.race([asked, soon(() => this.#engine.waiting > waiting)])
    this.#engine.next('answered')
  }

  async #ask(worker: Worker, line: string, body?: unknown): Promise<number> {
    const [method = '', target = ''] = line.split(' ')
    const rawHeaders = body === undefined ? [] : ['Content-Type', 'application/json']
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
    const request = { rawHeaders, body: bytes, content: Readable.from([]) }
    const { identity } = await this.#running.admit(this.#section(worker), '-1:-1')
    const caller = { identity, door: 'socket' } as const
    const reply = await handle(asking(this.#running, caller), routeOf(method, target), request)
    return reply.kind === 'hijacked' ? 101 : reply.status
  }

  async #deliver(most: number): Promise<void> {
    const mark = this.#engine.deliver(most)
    await soon(() => this.#running.inventory.hasVolume(mark))
    if (most < Infinity) return
    this.#isHidden = false
    for (const called of this.#operators.values()) called.isUnheard = false
  }

  /** What the operator does while nobody follows is seen when everything is listed. */
  async #cut(): Promise<void> {
    if (this.#isHidden) await this.#deliver(Infinity)
    this.#engine.cut()
    this.log.push('the events break off')
    this.#actUnseen()
    const { feed } = this.#running
    await soon(() => this.#engine.isFollowed && feed.connected !== undefined)
  }

  async #restart(): Promise<void> {
    await this.rest()
    const isKilled = this.#dice.below(2) === 0
    this.log.push(isKilled ? 'the gate is killed' : 'the gate is restarted')
    const before = this.#directory
    if (isKilled) {
      // What was not on disk then is lost: what came of names that were asked for.
      this.#directory = mkdtempSync(join(tmpdir(), 'dockgate-reach-'))
      cpSync(before, this.#directory, { recursive: true })
      for (const { asked, unsure } of this.#operators.values()) for (const name of asked) unsure.add(name)
    }
    this.#close()
    if (isKilled) rmSync(before, { recursive: true })
    this.#engine.cut()
    this.#actUnseen()
    await this.open()
  }

  #actUnseen(): void {
    for (let left = this.#dice.below(3); left > 0; left -= 1) {
      const [id, called] = this.#dice.of([...this.#operators, ['', undefined] as const])
      const name = this.#dice.of(NAMES)
      // That a name was taken away from what a worker called so, and given back, leaves no trace.
      if (called !== undefined && (called.asked.has(name) || called.open.length > 0)) continue
      if (this.#dice.below(3) === 0) this.#create(name)
      else this.#renameAsOperator(id, name)
    }
  }
}

function short(id: string): string {
  return id.slice(0, 6)
}

async function soon(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 45_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${String(holds)}`)
    await sleep(1)
  }
}
