/** Whose things are, while several make, use and remove under the same names, and gate and engine fall over meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { objectOf, textOf } from '../../src/shared/json-value.ts'
import { Dice } from '../fuzz/mutate.ts'
import { engineSocket, engineToRestart } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { until } from '../support/process.ts'
import {
  act,
  CONTAINERS,
  idsOf,
  makeKept,
  NETWORKS,
  rival,
  VOLUMES,
  type Kind,
  type Rival,
} from '../support/rivals.ts'
import { runs, seedFor } from '../support/runs.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const ENGINE = 'restart'
const restartEngine = engineToRestart()
const MORE = [
  'network create',
  'network connect',
  'network rm',
  'network inspect',
  'volume create',
  'volume rm',
]

const policy = withOther(
  generousPolicy({
    allow: [...everything, ...MORE],
    run: { limits: { memory: '16m', containers: 1000, volumes: 1000 } },
  }),
)

/** Acts by chance, as three at once, until it is told to stop. */
function keepBusy(
  kind: Kind,
  one: Rival,
  others: readonly Rival[],
  names: readonly string[],
  seed: number,
  stop: AbortSignal,
) {
  const busy = [0, 1, 2].map(async (index) => {
    for (const dice = new Dice(seed + index); !stop.aborted;) await act(kind, one, names, others, dice)
  })
  return Promise.all(busy)
}

/** The operator takes the same names, for things that come and go. */
async function comeAndGo(
  kind: Kind,
  operator: Rival,
  names: readonly string[],
  seed: number,
  stop: AbortSignal,
) {
  for (const dice = new Dice(seed); !stop.aborted; await sleep(20)) {
    const made = await operator.ask(kind.create(dice.of(names), operator.label))
    if (made.status !== 201) continue
    const { Id, Name } = objectOf(JSON.parse(made.body))
    const id = textOf(Id) || textOf(Name)
    // An engine answers with a volume that is there, whosever it is.
    const found = await operator.ask({ path: kind.one(id) })
    if (found.status !== 200 || kind.shown(JSON.parse(found.body)).maker !== operator.label) continue
    operator.made.add(id)
    await sleep(dice.below(200))
    const removed = await operator.ask({ method: 'DELETE', path: kind.removal(id) })
    // Gone already: somebody took it, who must not.
    if (removed.status === 404) operator.removed.add(id)
  }
}

type Disaster = readonly [title: string, disaster: (restart: () => Promise<void>) => Promise<void>]
const NONE: Disaster = ['while all goes well', async () => undefined]
const GATE: Disaster = ['while the gate is killed and started again', (restart) => restart()]
const ENGINE_TOO: Disaster = ['while the engine is killed and started again', () => restartEngine()]
const BOTH: Disaster = [
  'while both are killed and started again',
  async (restart) => {
    await Promise.all([restart(), restartEngine()])
  },
]

describe.each([
  ['containers', CONTAINERS, [NONE, GATE, ENGINE_TOO, BOTH]],
  ['networks', NETWORKS, [NONE, BOTH]],
  ['volumes', VOLUMES, [NONE, BOTH]],
] as const)('%s that several make, use and remove under the same names', (_name, kind, disasters) => {
  test.each(disasters)(
    'are their makers’ and nobody else’s, %s',
    { timeout: 600_000 },
    async (title, disaster) => {
      const seed = seedFor(`${kind.name}, ${title}`)
      const first = await startGate({ engine: ENGINE, policy })
      const { directory, socket } = first
      let gate: Gate = first
      try {
        const mine = await rival(freshName('mine'), socket)
        const theirs = await rival(freshName('theirs'), otherSocket(directory))
        const operator = await rival(freshName('operator'), engineSocket(ENGINE))
        const all = [mine, theirs, operator]
        const names = Array.from({ length: 5 }, () => freshName('name'))
        for (const one of all) for (let left = 8; left > 0; left -= 1) await makeKept(kind, one)
        const stop = new AbortController()
        const busy = [
          keepBusy(kind, mine, [theirs, operator], names, seed, stop.signal),
          keepBusy(kind, theirs, [mine, operator], names, seed + 3, stop.signal),
          comeAndGo(kind, operator, names, seed - 1, stop.signal),
        ]
        await sleep(runs(2_000))
        await disaster(async () => {
          await gate.kill9()
          gate = await startGate({ engine: ENGINE, policy, directory })
        })
        await sleep(runs(2_000))
        stop.abort()
        await Promise.all(busy)

        await until(async () => (await mine.ask({ path: kind.list })).status === 200, 'the gate to be back')
        expect([...operator.removed]).toEqual([])
        for (const one of all)
          expect(await idsOf(kind, operator, one.label)).toEqual(expect.arrayContaining([...one.kept]))
        for (const one of [mine, theirs]) {
          const foreign = all.flatMap((other) => (other === one ? [] : [...other.made, ...other.kept]))
          await expectOwnAlone(kind, one, operator, foreign)
        }
        for (const one of all) await removeAll(kind, one)
        const count = [mine, theirs].map(({ made, removed }) => `${made.size} made, ${removed.size} removed`)
        console.log(`${kind.name}, ${title}: ${count.join('; ')}`)
      } finally {
        await gate[Symbol.asyncDispose]()
        // The directory is the first gate's.
        if (gate !== first) await first[Symbol.asyncDispose]()
      }
    },
  )
})

/** What a worker was shown, could remove, owns and uses is what it made. */
async function expectOwnAlone(
  kind: Kind,
  one: Rival,
  operator: Rival,
  foreign: readonly string[],
): Promise<void> {
  expect(one.made.size).toBeGreaterThan(0)
  expect([...one.seen].filter((maker) => maker !== one.label)).toEqual([])
  expect([...one.removed].filter((id) => id.length === 64 && foreign.includes(id))).toEqual([])
  expect(await idsOf(kind, one, one.label)).toEqual(await idsOf(kind, operator, one.label))
  const { body } = await operator.ask({ path: `/containers/${one.member}/json` })
  const networks = Object.values(
    objectOf(objectOf(objectOf(JSON.parse(body))['NetworkSettings'])['Networks']),
  )
  expect(
    networks.map((network) => textOf(objectOf(network)['NetworkID'])).filter((id) => foreign.includes(id)),
  ).toEqual([])
}

/** Its own things, each of which it can remove; containers that use others first. */
async function removeAll(kind: Kind, one: Rival): Promise<void> {
  for (const each of new Set([CONTAINERS, kind]))
    for (const id of await idsOf(each, one, one.label)) {
      const { status, body } = await one.ask({ method: 'DELETE', path: each.removal(id) })
      expect({ status, body }).toEqual({ status: 204, body: '' })
    }
}
