/** A world out of a table, and what the gate's pure stages make of one request in it: no engine, no file system, no clock. */
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { decode, routeOf } from '../../src/decode/decode.ts'
import type { ContainerExec } from '../../src/decode/operations/exec.ts'
import type { Decoded } from '../../src/decode/operation.ts'
import { decide } from '../../src/decide/decide.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import type { WorkerPolicy } from '../../src/policy/policy.ts'
import { meantBy } from '../../src/policy/reach.ts'
import { parseSize } from '../../src/shared/sizes.ts'
import type { Verdict } from '../../src/decide/verdict.ts'
import type { HostPath } from '../../src/files/host-path.ts'
import { wordsOf, type FoundFault } from '../../src/faults/faults-of.ts'
import { FAULTS } from '../../src/faults/table.ts'
import { Builds } from '../../src/world/builds.ts'
import { ContainerSockets } from '../../src/host/container-sockets.ts'
import { Execs } from '../../src/world/execs.ts'
import { Inventory } from '../../src/world/inventory.ts'
import { KnownImages, type KnownImage } from '../../src/world/known-images.ts'
import { MadeWith } from '../../src/world/made.ts'
import { Ownership } from '../../src/world/ownership.ts'
import { Renames } from '../../src/world/renames.ts'
import { hostPathsOf } from '../../src/resolve/paths.ts'
import { inEngineNames } from '../../src/resolve/own-names.ts'
import { resolve } from '../../src/resolve/resolve.ts'
import type { EngineFacts } from '../../src/world/engine-facts.ts'
import type { World } from '../../src/world/world.ts'
import type { EncodedRequest } from '../../src/engine/encoded.ts'
import { encode, type Sendable } from '../../src/encode/encode.ts'

const WORKER = 'ai-worker'
/** By it places of sockets are /run/dockgate-sockets/352b84777d8d/…. */
const SOCKETS = 'cases'

const container = z.strictObject({
  owner: z.enum(['self', 'operator', 'other']),
  /** What the operator called it, where a worker gave it the name that it has. */
  meant: z.string().optional(),
  running: z.boolean().default(false),
  started: z.boolean().default(false),
  /** Sources of bind mounts, `:ro` behind those that are read-only. */
  binds: z.array(z.string()).default([]),
  /** The image that it is made of, by its name in the world. */
  image: z.string().optional(),
  memory: z.string().default('0'),
  cpus: z.number().default(0),
  /** The create that makes it, as a body; by default one of an own image, without anything. `null` where it is not known. */
  made: z.record(z.string(), z.unknown()).nullable().default({}),
})

const knownImage = z.strictObject({
  names: z.array(z.string()),
  own: z.boolean(),
  /** Characters of its labels, and of all that is listed of it. */
  labels: z.int().default(0),
  listed: z.int().default(400),
  /** What it names for its containers; null where that is not known. */
  named: z
    .strictObject({
      volumes: z.int().default(0),
      ports: z.int().default(0),
      guarded: z.string().exactOptional(),
      unset: z.string().exactOptional(),
    })
    .nullable()
    .default({ volumes: 0, ports: 0 }),
  /** The worker in its labels, and the compose project. */
  label: z.string().default(''),
  project: z.string().optional(),
  /** Its labels that programs of the host act on. */
  actedOn: z.array(z.string()).default([]),
  /** Names that the worker gave to an image which is not its own. */
  given: z.array(z.string()).default([]),
  /** The image that it is built upon. */
  parent: z.string().optional(),
})

/** Who made it, what it runs, and whether it was started. */
const exec = z.preprocess(
  (written) => (typeof written === 'string' ? { by: written } : written),
  z.strictObject({
    by: z.enum(['self', 'other']),
    argv: z.array(z.string()).default(['sh']),
    started: z.boolean().default(false),
  }),
)

const world = z.strictObject({
  minor: z.int(),
  oldest: z.int(),
  cpus: z.number(),
  logDriver: z.string(),
  containers: z.record(z.string(), container),
  images: z.record(z.string(), knownImage),
  networks: z.record(z.string(), z.enum(['self', 'operator', 'other'])),
  volumes: z.record(z.string(), z.enum(['self', 'operator', 'other'])),
  /** Own volumes and containers that another call is at, and containers of the operator's that are being renamed. */
  busy: z.strictObject({
    volumes: z.array(z.string()).default([]),
    containers: z.array(z.string()).default([]),
    renamed: z.array(z.string()).default([]),
  }),
  /** What the policies of other workers name. */
  others: z.strictObject({
    containers: z.array(z.string()).default([]),
    networks: z.array(z.string()).default([]),
  }),
  /** Who made the execs, by the container that they are in. */
  execs: z.record(z.string(), exec),
  podman: z.boolean(),
  rootless: z.boolean().default(false),
  containerd: z.boolean().default(false),
  /** Faults that the engine has, by their numbers. */
  faults: z.array(z.string()).default([]),
  paths: z.record(z.string(), z.string().nullable()),
  /** What the gate holds, by place. */
  held: z.record(z.string(), z.string()),
})

const part = z.record(z.string(), z.unknown())
export const settings = z.strictObject({
  /** The section of the engine. */
  engine: part.optional(),
  docker: part.default({}),
  run: part.default({}),
  world: part.default({}),
  /** Keys of `run` that are left out. */
  without: z.array(z.string()).default([]),
})
export type Settings = z.output<typeof settings>
export const NONE: Settings = { docker: {}, run: {}, world: {}, without: [] }

const standard = settings.parse(parse(readFileSync(new URL('standard.yaml', import.meta.url), 'utf8')))

interface WorldWithImages extends World {
  readonly made: MadeWith
  readonly images: KnownImages
  readonly sight: { readonly known: KnownImages }
}

/** Makes an engine list these images, and no others. */
export function setImages({ images }: Pick<WorldWithImages, 'images'>, list: readonly KnownImage[]): void {
  images.listed(images.question(), list)
}

/** What is known of an engine that has nothing special. */
export const ENGINE: EngineFacts = {
  minor: 45,
  oldest: 24,
  nanoCpus: 8e9,
  logDriver: 'json-file',
  podman: false,
  rootless: false,
  containerd: false,
  faults: [],
}

/** What is known of an image without labels. */
export const UNLABELLED = {
  digests: [],
  worker: '',
  claim: '',
  project: undefined,
  actedOn: [],
  labels: 0,
  listed: 0,
  named: { volumes: 0, ports: 0, guarded: undefined, unset: undefined },
}

export interface Request {
  /** `POST /v1.45/containers/create?name=web` */
  readonly line: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: unknown
}

export interface Answer {
  readonly decoded: Decoded
  readonly verdict: Verdict
  /** What goes to the engine; undefined for a refusal. */
  readonly sent: EncodedRequest | undefined
}

/** The full id of a container of the world, made of its name. */
export function idOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0')
}

/** Image ids start otherwise than container ids. */
export function imageIdOf(name: string): string {
  return `sha256:${Buffer.from(name).toString('hex').padStart(63, '0')}f`.replace(':0', ':a')
}

/** The full id of a network of the world, made of its name. */
export function networkIdOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, 'e')
}

/** The full id of the exec in a container of the world. */
export function execIdOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, 'c')
}

/** The standard policy with some of its keys replaced. */
export function policyOf({ engine = {}, docker, run, without }: Settings = NONE): WorkerPolicy {
  const kept = Object.entries({ ...standard.run, ...run }).filter(([key]) => !without.includes(key))
  const worker = {
    socket: '/run/dockgate/ai-worker/docker.sock',
    docker: { ...standard.docker, ...docker, run: Object.fromEntries(kept) },
  }
  const parsed = parsePolicy(stringify({ version: 1, engine, workers: { [WORKER]: worker } }), 'policy.yaml')
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  const [only] = parsed.policy.workers
  if (only === undefined) throw new Error('the policy has no worker')
  return only
}

/** What the gate's pure stages make of a request. */
export function ask(request: Request, given: Settings = NONE): Answer {
  const facts = world.parse({ ...standard.world, ...given.world })
  const worker = policyOf(given)
  const known = worldOf(facts, worker)
  const written = decodeRequest(request)
  const decoded = { ...written, operation: inEngineNames(known, known.images, worker, written.operation) }
  const paths = new Map(
    hostPathsOf(known, worker, decoded.operation).map((path) => [path, hostPath(facts.paths, path)]),
  )
  const engine = {
    minor: facts.minor,
    oldest: facts.oldest,
    nanoCpus: facts.cpus * 1e9,
    logDriver: facts.logDriver,
    podman: facts.podman,
    rootless: facts.rootless,
    containerd: facts.containerd,
    faults: facts.faults.flatMap(foundFault),
  }
  const looked = { paths, images: known.images }
  const verdict = decide(worker, decoded, resolve(known, worker, decoded.operation, engine, looked))
  const sending = {
    clientMinor: decoded.minor ?? facts.minor,
    engineMinor: facts.minor,
    labels: { 'dockgate.worker': WORKER },
  }
  return { decoded, verdict, sent: isSendable(verdict) ? encode(verdict.permit, sending) : undefined }
}

/** A prune stands for several requests, which are made when it is carried out. */
function isSendable(
  verdict: Verdict,
): verdict is Extract<Verdict, { effect: 'allow' }> & { permit: Sendable } {
  return verdict.effect === 'allow' && verdict.permit.on !== 'prune'
}

/** A request, decoded; a body that is not a string is sent as JSON. */
export function decodeRequest({ line, headers = {}, body }: Request): Decoded {
  const [method = '', target = ''] = line.split(' ')
  const routed = routeOf(method, target)
  if (!routed.found) return { operation: routed.malformed, minor: routed.minor, findings: [], leftOut: [] }
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const all = { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers }
  return decode(routed.match, {
    rawHeaders: Object.entries(all).flat(),
    body: Buffer.from(text),
  })
}

/** What the gate knows of the standard world, with some of its keys replaced. */
export function worldWith(given: Readonly<Record<string, unknown>> = {}): WorldWithImages {
  return worldOf(world.parse({ ...standard.world, ...given }), policyOf())
}

function hostPath(paths: Readonly<Record<string, string | null>>, path: string): HostPath {
  const plain = posix.normalize(path).replace(/(?<=.)\/$/, '')
  const real = Object.hasOwn(paths, plain) ? paths[plain] : plain
  if (real === 'moved') return { found: false, why: 'moved' }
  if (real === 'absent') {
    const end = { above: posix.dirname(plain), names: [posix.basename(plain)] }
    return { found: false, why: 'missing', end }
  }
  // A link that leads nowhere.
  return typeof real === 'string' ? { found: true, real } : { found: false, why: 'missing' }
}

function worldOf(
  { containers, images, networks, volumes, busy, others, held, execs: madeExecs }: z.output<typeof world>,
  asking: WorkerPolicy,
): WorldWithImages {
  const inventory = new Inventory()
  const knownImages = new KnownImages()
  const made = new MadeWith({ made: () => [] })
  const ownership = new Ownership({ owned: () => [], claims: () => [] })
  const own = (
    kind: 'container' | 'image' | 'network' | 'tag' | 'volume',
    worker: string,
    id: string,
    limits = NO_LIMITS,
    name = id,
  ): string => {
    const claim = ownership.claim(kind, worker, limits)
    ownership.settle(claim, id, name)
    return claim.nonce
  }
  const renames = new Renames({ renamed: () => [] })
  for (const [name, { owner, meant, running, started, binds, memory, cpus, ...known }] of Object.entries(
    containers,
  )) {
    if (meant !== undefined) renames.given(renames.ask(idOf(name), meant, name).asked)
    inventory.putContainer({
      id: idOf(name),
      name,
      claim: '',
      image: known.image === undefined ? '' : imageIdOf(known.image),
      running,
      started,
      binds: binds.map((bind) => ({ source: bind.replace(/:ro$/, ''), readOnly: bind.endsWith(':ro') })),
    })
    const limits = { memory: parseSize(memory) ?? 0, nanoCpus: cpus * 1e9 }
    if (owner === 'operator') continue
    const nonce = own('container', owner === 'self' ? WORKER : 'rival', idOf(name), limits)
    if (known.made !== null) made.put(nonce, JSON.stringify({ Image: imageIdOf('own'), ...known.made }))
  }
  setImages(
    { images: knownImages },
    Object.entries(images).map(
      ([name, { names, labels, listed, label, parent, named, project, actedOn }]) => {
        const upon = parent === undefined ? '' : imageIdOf(parent)
        const told = {
          labels,
          listed,
          named: named === null ? undefined : { guarded: undefined, unset: undefined, ...named },
        }
        return {
          id: imageIdOf(name),
          names,
          digests: [],
          parent: upon,
          worker: label,
          claim: '',
          project,
          actedOn,
          ...told,
        }
      },
    ),
  )
  for (const [name, image] of Object.entries(images)) {
    for (const given of image.given) own('tag', WORKER, given, NO_LIMITS, imageIdOf(name))
    if (!image.own) continue
    own('image', WORKER, imageIdOf(name))
    for (const given of image.names.filter((one) => one.startsWith('docker.io/library/')))
      own('tag', WORKER, given, NO_LIMITS, imageIdOf(name))
  }
  for (const [name, owner] of Object.entries(volumes)) {
    inventory.putVolume(name)
    if (owner !== 'operator') own('volume', owner === 'self' ? WORKER : 'rival', name)
  }
  for (const [name, owner] of Object.entries(networks)) {
    inventory.putNetwork(networkIdOf(name), name)
    if (owner !== 'operator') own('network', owner === 'self' ? WORKER : 'rival', networkIdOf(name))
  }
  ownership.volumesInUse.reserve(WORKER, busy.volumes)
  ownership.containersUpdated.reserve(WORKER, busy.containers.map(idOf))
  const execs = new Execs()
  for (const [name, { by, argv, started }] of Object.entries(madeExecs)) {
    const worker = by === 'self' ? WORKER : 'rival'
    execs.put(execIdOf(name), worker, idOf(name), execOf(name, argv))
    if (started) execs.start(execIdOf(name), worker)
  }
  for (const name of busy.renamed) renames.ask(idOf(name), name, `${name}-renamed`)
  const named = meantBy([asking])
  const meant = {
    containers: named.containers.union(new Set(others.containers)),
    networks: named.networks.union(new Set(others.networks)),
    spaces: named.spaces,
  }
  const pins = { originOf: (place: string) => held[place] }
  const sockets = new ContainerSockets(SOCKETS)
  const builds = new Builds(Buffer.alloc(32))
  return {
    inventory,
    images: knownImages,
    sight: { known: knownImages },
    ownership,
    execs,
    builds,
    made,
    renames,
    meant,
    pins,
    sockets,
  }
}

function execOf(name: string, argv: readonly string[]): ContainerExec {
  return { kind: 'container.exec', container: name, argv, body: {} }
}

const NO_LIMITS = { memory: 0, nanoCpus: 0 }

/** A fault of the table, as an engine has it that is too old. */
function foundFault(id: string): readonly FoundFault[] {
  return FAULTS.filter((fault) => fault.id === id).map((fault) => {
    const { component, says, gives, by } = fault
    const update = { what: component, to: '99.0' }
    return { id, component, version: '1.0', says, gives, sure: true, words: wordsOf(fault), by, update }
  })
}
