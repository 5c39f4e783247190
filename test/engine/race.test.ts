/** Whose things are, while several make, rename and remove under the same names, and gate and engine fall over meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { describe, expect, test } from 'vitest'
import { listOf, objectOf, textOf } from '../../src/shared/json-value.ts'
import { engineRequest, engineSocket, restartEngine } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request, type Request, type Response } from '../support/http.ts'
import { until } from '../support/process.ts'
import { runs, seedFor } from '../support/runs.ts'
import { Dice } from '../fuzz/mutate.ts'

const ENGINE = 'restart'
const NOTHING: Response = { status: 0, headers: {}, body: '' }

/** Two workers with a socket each. */
function policy(directory: string): string {
  const limits = { memory: '16m', containers: 1000 }
  const { workers, ...file } = parse(generousPolicy({ run: { limits } })(directory))
  const [one] = Object.values<{ readonly docker: object }>(workers)
  const other = { socket: otherSocket(directory), docker: { ...one?.docker, allow: everything } }
  return stringify(
    { ...file, workers: { ...workers, 'other-worker': other } },
    { aliasDuplicateObjects: false },
  )
}

function otherSocket(directory: string): string {
  return `${directory}/other/docker.sock`
}

/** Somebody who makes, renames and removes containers, and remembers what they were told. */
interface Actor {
  readonly label: string
  readonly made: Set<string>
  /** Ids of containers that they never remove themselves, and all others try to. */
  readonly kept: Set<string>
  readonly removed: Set<string>
  /** Ids that lists and inspects showed. */
  readonly seen: Set<string>
  readonly ask: (call: Request) => Promise<Response>
}

function actor(label: string, socket: () => string): Actor {
  return {
    label,
    made: new Set(),
    kept: new Set(),
    removed: new Set(),
    seen: new Set(),
    // Gate and engine are away at times.
    ask: (call) => request(socket(), { ...call, path: `/v1.41${call.path}` }).catch(() => NOTHING),
  }
}

/** Makes a container that its maker keeps. */
async function makeKept({ label, kept, ask }: Actor): Promise<void> {
  const body = { Image: 'busybox', Labels: { actor: label } }
  const { status, body: text } = await ask({ method: 'POST', path: '/containers/create', body })
  if (status !== 201) throw new Error(`${status}: ${text}`)
  kept.add(textOf(objectOf(JSON.parse(text))['Id']))
}

/** One call by chance: under names that all have in common, by own ids, by ids of others, by starts of ids. */
async function act(
  { label, made, removed, seen, ask }: Actor,
  names: readonly string[],
  others: readonly Actor[],
  dice: Dice,
): Promise<void> {
  const name = dice.of(names)
  const some = [...made, ...others.flatMap((other) => [...other.made, ...other.kept])]
  const id = some.length === 0 ? name : dice.of(some).slice(0, dice.of([64, 64, 12, 8]))
  switch (dice.below(8)) {
    case 0:
    case 1:
    case 2: {
      const body = { Image: 'busybox', Cmd: ['true'], Labels: { actor: label } }
      const { status, body: text } = await ask({
        method: 'POST',
        path: `/containers/create?name=${name}`,
        body,
      })
      if (status === 201) made.add(textOf(objectOf(JSON.parse(text))['Id']))
      return
    }
    case 3:
      await ask({ method: 'POST', path: `/containers/${dice.of([name, id])}/rename?name=${dice.of(names)}` })
      return
    case 4: {
      const { status } = await ask({ method: 'DELETE', path: `/containers/${name}?force=1` })
      if (status === 204) removed.add(name)
      return
    }
    case 5: {
      const { status } = await ask({ method: 'DELETE', path: `/containers/${id}?force=1` })
      if (status === 204) removed.add(id)
      return
    }
    case 6: {
      const { status, body } = await ask({ path: `/containers/${dice.of([name, id])}/json` })
      if (status === 200) seen.add(textOf(objectOf(JSON.parse(body))['Id']))
      return
    }
    default: {
      const { status, body } = await ask({ path: '/containers/json?all=1' })
      if (status === 200) for (const listed of idsIn(body)) seen.add(listed)
    }
  }
}

function idsIn(body: string): readonly string[] {
  return listOf(JSON.parse(body)).map((one) => textOf(objectOf(one)['Id']))
}

/** Ids of the containers that somebody made, as the engine has them. */
async function madeBy(label: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`actor=${label}`] }))
  return idsIn(
    (await engineRequest(ENGINE, { path: `/v1.41/containers/json?all=1&filters=${filters}` })).body,
  ).toSorted()
}

describe('containers that several make, rename and remove under the same names', () => {
  const disasters: readonly (readonly [string, (restart: () => Promise<void>) => Promise<void>])[] = [
    ['while all goes well', async () => undefined],
    ['while the gate is killed and started again', (restart) => restart()],
    ['while the engine is killed and started again', () => restartEngine()],
    [
      'while both are killed and started again',
      async (restart) => {
        await Promise.all([restart(), restartEngine()])
      },
    ],
  ]

  test.each(disasters)(
    'are their makers’ and nobody else’s, %s',
    { timeout: 600_000 },
    async (title, disaster) => {
      const seed = seedFor(title)
      const first = await startGate({ engine: ENGINE, policy })
      const { directory, socket } = first
      let gate: Gate = first
      try {
        const [mine, theirs] = [
          actor(freshName('mine'), () => socket),
          actor(freshName('theirs'), () => otherSocket(directory)),
        ]
        const operator = actor(freshName('operator'), () => engineSocket(ENGINE))
        const names = Array.from({ length: 5 }, () => freshName('name'))
        for (const one of [mine, theirs, operator])
          for (let left = 8; left > 0; left -= 1) await makeKept(one)
        const stop = new AbortController()
        const busy = [mine, mine, mine, theirs, theirs, theirs].map(async (one, index) => {
          const dice = new Dice(seed + index)
          while (!stop.signal.aborted)
            await act(
              one,
              names,
              [mine, theirs, operator].filter((other) => other !== one),
              dice,
            )
        })
        // The operator takes the same names, for things that come and go.
        const owner = (async () => {
          for (const dice = new Dice(seed - 1); !stop.signal.aborted; await sleep(20)) {
            const body = { Image: 'busybox', Labels: { actor: operator.label } }
            const path = `/containers/create?name=${dice.of(names)}`
            const made = await operator.ask({ method: 'POST', path, body })
            if (made.status !== 201) continue
            const id = textOf(objectOf(JSON.parse(made.body))['Id'])
            operator.made.add(id)
            await sleep(dice.below(200))
            const removed = await operator.ask({ method: 'DELETE', path: `/containers/${id}` })
            // Gone already: somebody took it, who must not.
            if (removed.status === 404) operator.removed.add(id)
          }
        })()
        await sleep(runs(2_000))
        await disaster(async () => {
          await gate.kill9()
          gate = await startGate({ engine: ENGINE, policy, directory })
        })
        await sleep(runs(2_000))
        stop.abort()
        await Promise.all([...busy, owner])

        await until(
          async () => (await mine.ask({ path: '/containers/json' })).status === 200,
          'the gate to be back',
        )
        expect([...operator.removed]).toEqual([])
        for (const one of [mine, theirs, operator])
          expect(await madeBy(one.label)).toEqual(expect.arrayContaining([...one.kept]))
        for (const one of [mine, theirs]) {
          const owned = idsIn((await one.ask({ path: '/containers/json?all=1' })).body).toSorted()
          expect(owned).toEqual(await madeBy(one.label))
          const foreign = [mine, theirs, operator].flatMap((other) =>
            other === one ? [] : [...other.made, ...other.kept],
          )
          expect([...one.seen].filter((id) => foreign.includes(id))).toEqual([])
          expect([...one.removed].filter((id) => id.length === 64 && foreign.includes(id))).toEqual([])
          expect(one.made.size).toBeGreaterThan(0)
          for (const id of owned)
            expect((await one.ask({ method: 'DELETE', path: `/containers/${id}?force=1` })).status).toBe(204)
        }
        for (const id of await madeBy(operator.label))
          await engineRequest(ENGINE, { method: 'DELETE', path: `/containers/${id}?force=1` })
        console.log(
          `${title}: ${mine.made.size + theirs.made.size} made, ${mine.removed.size + theirs.removed.size} removed`,
        )
      } finally {
        await gate[Symbol.asyncDispose]()
        // The directory is the first gate's.
        if (gate !== first) await first[Symbol.asyncDispose]()
      }
    },
  )
})
