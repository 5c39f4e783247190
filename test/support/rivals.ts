/** Several who make, change and remove things of one kind under the same names, and remember what they were told. */
import { setTimeout as pause } from 'node:timers/promises'
import { listOf, objectOf, textOf } from '../../src/shared/json-value.ts'
import type { Dice } from '../fuzz/mutate.ts'
import { freshName } from './everything.ts'
import { request, type Request, type Response } from './http.ts'

/** The maker of the networks that every engine has. */
const BUILT_IN = 'engine'

/** A thing as an engine shows it. */
interface Shown {
  /** What it goes by in a path: an id, for volumes the name. */
  readonly id: string
  /** Label of whoever made it; empty where it has none. */
  readonly maker: string
}

/** How things of a kind are asked for. */
export interface Kind {
  readonly name: 'containers' | 'networks' | 'volumes'
  readonly create: (name: string, maker: string) => Request
  /** Path of the list of all. */
  readonly list: string
  readonly listed: (body: unknown) => readonly unknown[]
  /** Path of one, to inspect it. */
  readonly one: (reference: string) => string
  /** Path of one, to remove it. */
  readonly removal: (reference: string) => string
  readonly shown: (body: unknown) => Shown
  /** What else is done with one, under a name or id. */
  readonly use: (rival: Rival, reference: string, name: string) => Promise<void>
}

export interface Rival {
  readonly label: string
  /** A container of theirs, for what needs one. */
  readonly member: string
  /** What they made, by id. */
  readonly made: Set<string>
  /** What they never remove themselves, and all others try to. */
  readonly kept: Set<string>
  readonly removed: Set<string>
  /** Makers of all that lists, inspects and mounts showed. */
  readonly seen: Set<string>
  readonly ask: (call: Request) => Promise<Response>
}

const NOTHING: Response = { status: 0, headers: {}, body: '' }
const IMAGE = 'busybox'

/** @param whose label of all that they make. @param socket path of the socket that they use */
export async function rival(whose: string, socket: string): Promise<Rival> {
  // Gate and engine are away at times.
  const ask = (call: Request): Promise<Response> =>
    request(socket, { ...call, path: `/v1.41${call.path}` }).catch(() => NOTHING)
  const body = { Image: IMAGE, Labels: { whose } }
  // An engine that was killed before may not be back yet.
  let made = NOTHING
  while (made.status !== 201) {
    made = await ask({ method: 'POST', path: '/containers/create', body })
    if (made.status !== 201) await pause(100)
  }
  const sets = {
    made: new Set<string>(),
    kept: new Set<string>(),
    removed: new Set<string>(),
    seen: new Set<string>(),
  }
  return { label: whose, member: textOf(objectOf(JSON.parse(made.body))['Id']), ...sets, ask }
}

/** Makes a thing that its maker keeps. */
export async function makeKept(kind: Kind, { label, kept, ask }: Rival): Promise<void> {
  const { status, body } = await ask(kind.create(freshName('kept'), label))
  if (status !== 201) throw new Error(`${status}: ${body}`)
  kept.add(idIn(body))
}

/** One call by chance: under names that all have in common, by own ids, by ids of others, by starts of ids. */
export async function act(
  kind: Kind,
  mine: Rival,
  names: readonly string[],
  others: readonly Rival[],
  dice: Dice,
): Promise<void> {
  const { label, made, removed, ask } = mine
  const name = dice.of(names)
  const some = [...made, ...others.flatMap((other) => [...other.made, ...other.kept])]
  const id = some.length === 0 ? name : dice.of(some).slice(0, dice.of([64, 64, 12, 8]))
  switch (dice.below(8)) {
    case 0:
    case 1:
    case 2: {
      const { status, body } = await ask(kind.create(name, label))
      if (status === 201) made.add(idIn(body))
      return
    }
    case 3:
      return kind.use(mine, dice.of([name, id]), dice.of(names))
    case 4:
    case 5: {
      const reference = dice.of([name, id])
      const { status } = await ask({ method: 'DELETE', path: kind.removal(reference) })
      if (status === 204) removed.add(reference)
      return
    }
    case 6:
      return look(kind, mine, dice.of([name, id]))
    default: {
      const { status, body } = await ask({ path: kind.list })
      if (status === 200) for (const one of kind.listed(JSON.parse(body))) see(mine, kind.shown(one))
    }
  }
}

/** Inspects one, if it is there for them. */
async function look(kind: Kind, mine: Rival, reference: string): Promise<void> {
  const { status, body } = await mine.ask({ path: kind.one(reference) })
  if (status === 200) see(mine, kind.shown(JSON.parse(body)))
}

function see({ seen }: Rival, { maker }: Shown): void {
  if (maker !== BUILT_IN) seen.add(maker)
}

/** Ids of the things of a maker, as the engine or a gate lists them to whoever asks. */
export async function idsOf(kind: Kind, { ask }: Rival, maker: string): Promise<readonly string[]> {
  const { body } = await ask({ path: kind.list })
  const shown = kind.listed(JSON.parse(body)).map(kind.shown)
  return shown.flatMap((one) => (one.maker === maker ? [one.id] : [])).toSorted()
}

function idIn(body: string): string {
  const { Id, Name } = objectOf(JSON.parse(body))
  return textOf(Id) || textOf(Name)
}

function makerIn(labels: unknown): string {
  return textOf(objectOf(labels)['whose'])
}

function post(path: string, body?: unknown): Request {
  return { method: 'POST', path, ...(body === undefined ? {} : { body }) }
}

export const CONTAINERS: Kind = {
  name: 'containers',
  create: (name, whose) =>
    post(`/containers/create?name=${name}`, { Image: IMAGE, Cmd: ['true'], Labels: { whose } }),
  list: '/containers/json?all=1',
  listed: listOf,
  one: (reference) => `/containers/${reference}/json`,
  removal: (reference) => `/containers/${reference}?force=1`,
  shown: (body) => {
    const { Id, Labels, Config } = objectOf(body)
    return { id: textOf(Id), maker: makerIn(Labels ?? objectOf(Config)['Labels']) }
  },
  use: async ({ ask }, reference, name) => {
    await ask(post(`/containers/${reference}/rename?name=${name}`))
  },
}

export const NETWORKS: Kind = {
  name: 'networks',
  create: (Name, whose) => post('/networks/create', { Name, CheckDuplicate: true, Labels: { whose } }),
  list: '/networks',
  listed: listOf,
  one: (reference) => `/networks/${reference}`,
  removal: (reference) => `/networks/${reference}`,
  shown: (body) => {
    const { Id, Name, Labels } = objectOf(body)
    const everybodys = ['bridge', 'host', 'none'].includes(textOf(Name))
    return { id: textOf(Id), maker: everybodys ? BUILT_IN : makerIn(Labels) }
  },
  // What their container is on then is looked at in the end.
  use: async ({ ask, member }, reference) => {
    await ask(post(`/networks/${reference}/connect`, { Container: member }))
  },
}

export const VOLUMES: Kind = {
  name: 'volumes',
  create: (Name, whose) => post('/volumes/create', { Name, Labels: { whose } }),
  list: '/volumes',
  listed: (body) => listOf(objectOf(body)['Volumes']),
  one: (reference) => `/volumes/${reference}`,
  removal: (reference) => `/volumes/${reference}`,
  shown: (body) => ({ id: textOf(objectOf(body)['Name']), maker: makerIn(objectOf(body)['Labels']) }),
  // A volume can't go while a container has it: whose it is then is whose it was.
  use: async (mine, reference) => {
    const VolumeOptions = { Labels: { whose: mine.label } }
    const mount = { Type: 'volume', Source: reference, Target: '/m', VolumeOptions }
    const made = await mine.ask(
      post('/containers/create', {
        Image: IMAGE,
        Labels: { whose: mine.label },
        HostConfig: { Mounts: [mount] },
      }),
    )
    if (made.status !== 201) return
    await look(VOLUMES, mine, reference)
    await mine.ask({ method: 'DELETE', path: CONTAINERS.removal(idIn(made.body)) })
  },
}
