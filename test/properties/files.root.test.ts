/**
 * Whatever links and folders are there, whoever they belong to, and whatever is swapped between any two calls of the system: the gate opens,
 * makes, changes, mounts and removes only what the operator's paths meant.
 */
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BindRoots } from '../../src/host/bind-roots.ts'
import { openOwnDirectory, PathError } from '../../src/files/directory.ts'
import { codeOf } from '../../src/files/descriptor.ts'
import { SocketDirectory } from '../../src/files/sockets.ts'
import { realPath, walk, WalkError, type Place, type WalkOptions } from '../../src/files/walk.ts'
import { PinError, Pins } from '../../src/host/pins.ts'
import { isWithin } from '../../src/policy/paths.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { stringify } from 'yaml'
import { Arena, Held, RIVAL, Swapper, WORKER, type Swap, type Thing } from '../support/arena.ts'
import { runs, seedFor } from '../support/runs.ts'

/** What happens before and after each call of the system. */
const between = vi.hoisted(() => ({ calls: async (): Promise<void> => undefined }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const swapped = (name: string, call: unknown): unknown => {
    if (
      typeof call !== 'function' ||
      !/^(?:open|mkdir|chown|chmod|link|unlink|rmdir|readlink|opendir)$/.test(name)
    )
      return call
    return async (...args: unknown[]) => {
      await between.calls()
      const result: unknown = await Reflect.apply(call, undefined, args)
      await between.calls()
      return result
    }
  }
  return Object.fromEntries(Object.entries(real).map(([name, call]) => [name, swapped(name, call)]))
})

const name = fc.constantFrom('a', 'b', 'c')
const top = fc.constantFrom('home', 'rival', 'shared', 'secret', 'root')
const owner = fc.constantFrom(0, WORKER, RIVAL)
const component = fc.oneof(
  { weight: 6, arbitrary: name },
  { weight: 2, arbitrary: fc.constantFrom('..', '..', 'key') },
)
/** Never above the arena's own directory, also where it is the target of a link in one of its folders. */
const path = fc
  .tuple(top, fc.array(component, { maxLength: 3 }))
  .map(([first, rest]) =>
    ['ARENA', first, ...rest.filter((each, index) => each !== '..' || index > 0)].join('/'),
  )
const target = fc.oneof(
  path,
  name,
  fc.tuple(top, name).map(([one, other]) => `../${one}/${other}`),
  fc.constant('..'),
)
const things = fc.array(
  fc.record<Thing>({
    folder: fc.nat(12),
    name,
    kind: fc.constantFrom('directory', 'directory', 'link', 'link', 'file'),
    owner,
    mode: fc.constantFrom(0o755, 0o775, 0o777, 0o1777),
    target,
  }),
  { maxLength: 14 },
)
const swap = fc.record<Swap>({
  call: fc.constantFrom(
    'rename',
    'rename',
    'symlink',
    'symlink',
    'mkdir',
    'unlink',
    'rmdir',
    'link',
    'chmod',
  ),
  one: path,
  other: target,
  number: fc.constantFrom(0o755, 0o777, 0o700),
})
/** Of somebody who is root in a container, in the folder that is mounted there. */
const inRoot = name.map((each) => `ARENA/root/${each}`)
const rootSwap = fc.record<Swap>({
  call: fc.constantFrom('rename', 'symlink', 'symlink', 'mkdir', 'unlink', 'rmdir', 'lchown'),
  one: inRoot,
  other: fc.oneof(inRoot, target),
  number: fc.constantFrom(0, WORKER, 0o777),
})
const attack = fc.record({
  things,
  isThere: fc.boolean(),
  path,
  swaps: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: swap.map((each) => ({ ...each, by: WORKER })) },
      { weight: 1, arbitrary: rootSwap.map((each) => ({ ...each, by: 0 })) },
    ),
    {
      minLength: 4,
      maxLength: 40,
    },
  ),
})
type Attack = typeof attack extends fc.Arbitrary<infer Value> ? Value : never

let swappers: ReadonlyMap<number, Swapper> = new Map()
beforeAll(() => {
  swappers = new Map([WORKER, 0].map((account) => [account, new Swapper(account)]))
})
afterAll(() => {
  for (const swapper of swappers.values()) swapper[Symbol.dispose]()
})

/** Does something while the attacker has one try between any two calls. What the gate refuses is undefined. */
async function under<Result>(
  arena: Arena,
  swaps: Attack['swaps'],
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  const left = swaps.toReversed()
  between.calls = async () => {
    const next = left.pop()
    if (next !== undefined) await swappers.get(next.by)?.try(arena, next)
  }
  try {
    return await work()
  } catch (cause) {
    const isRefused = cause instanceof WalkError || cause instanceof PathError || cause instanceof PinError
    if (isRefused || codeOf(cause) !== undefined) return undefined
    throw cause
  } finally {
    between.calls = async () => undefined
  }
}

/** Tries a property on generated arrangements. */
async function holds(
  title: string,
  usual: number,
  property: (arena: Arena, attacked: Attack) => Promise<void>,
): Promise<void> {
  const seed = seedFor(title)
  await fc.assert(
    fc.asyncProperty(attack, async (attacked) => {
      using arena = new Arena(attacked.things)
      await property(arena, attacked)
    }),
    { numRuns: runs(usual), seed },
  )
}

const inArena = (arena: Arena, { path: written }: Attack): string => written.replace('ARENA', arena.directory)

/** Of what was found, its id alone. */
async function idAt(
  found: string,
  options: WalkOptions = {},
): Promise<{ readonly id: string; readonly place: Place }> {
  const place = await walk(found, options)
  await place.found.close()
  return { id: place.found.status.id, place }
}

/** What is neither the attacker's nor in the folder that it may mount. */
function others(arena: Arena): Held {
  return new Held(
    arena.seen().filter((each) => each.uid !== WORKER && !isWithin(each.path, arena.path('root'))),
  )
}

function rootsOf(arena: Arena): Policy {
  const worker = {
    socket: '/run/none/docker.sock',
    docker: { allow: ['run'], run: { binds: [{ path: arena.path('root'), mode: 'rw' }] } },
  }
  const parsed = parsePolicy(stringify({ version: 1, workers: { worker } }), 'policy.yaml')
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.policy
}

/** Milliseconds. */
const LONG = runs(120_000)

describe('while things are swapped', () => {
  test(
    'a path that nobody else can move leads to what it led to before, and nobody can hinder that',
    async () => {
      await holds('a path that nobody else can move', 40, async (arena, attacked) => {
        using kept = new Held(arena.seen())
        const written = inArena(arena, attacked)
        const { id: root } = await idAt(arena.path('root'))
        const isVouched = ({ place }: { readonly place: Place }) =>
          place.movable.length === 0 && !place.passed.has(root)
        const before = await idAt(written).catch(() => undefined)
        const now = await under(arena, attacked.swaps, () => idAt(written))
        if (now !== undefined && isVouched(now)) expect(now.id).toBe(before?.id)
        if (before !== undefined && isVouched(before)) expect(now?.id).toBe(before.id)
        // It may lead out of what is kept.
        if (before !== undefined && isWithin(realPath(before.place), arena.directory))
          expect(kept.ids).toContain(before.id)
      })
    },
    LONG,
  )

  test(
    'nothing of others is opened from a root, wherever a path leads',
    async () => {
      await holds('nothing of others is opened', 40, async (arena, attacked) => {
        const roots = await BindRoots.open(rootsOf(arena), () => undefined)
        using kept = others(arena)
        const opened = await under(arena, attacked.swaps, async () => {
          const found = await roots.find(inArena(arena, attacked))
          if (!found.found || !isWithin(found.real, arena.path('root'))) return undefined
          const place = await roots.openSource(found.real)
          await place?.found.close()
          // The root itself is mounted by its path.
          return place?.found.status.id ?? (await idAt(found.real)).id
        })
        await roots.close()
        if (opened !== undefined) expect(kept.ids).not.toContain(opened)
      })
    },
    LONG,
  )

  test(
    'a socket is made where the worker may have one, and nothing else is changed or removed',
    async () => {
      await holds('a socket is made', 40, async (arena, attacked) => {
        using kept = others(arena)
        const rival = fs.readdirSync(arena.path('rival'))
        const directory = join(inArena(arena, attacked), attacked.isThere ? '' : 'run')
        const server = createServer()
        const account = { user: WORKER, group: WORKER }
        // Containers of the worker's are kept out of where sockets are: a policy with such a root is not used.
        const swaps = attacked.swaps.filter(({ by }) => by === WORKER)
        await under(arena, swaps, async () => {
          await using opened = await SocketDirectory.open(directory, {
            owner: account,
            mode: 0o750,
            above: 0o755,
          })
          await opened.removeLeft()
          const listening = await opened.listen(server, 'docker.sock', 0o660, account)
          await listening.remove()
        })
        server.close()
        expect(kept.changed()).toEqual([])
        for (const key of ['rival/key', 'secret/key']) expect(fs.existsSync(arena.path(key))).toBe(true)
        expect(fs.readdirSync(arena.path('rival'))).toEqual(rival)
      })
    },
    LONG,
  )

  test(
    'a directory of the gate’s own is one that nobody else can write or move',
    async () => {
      await holds('a directory of the gate’s own', 25, async (arena, attacked) => {
        const swaps = attacked.swaps.filter(({ by }) => by === WORKER)
        const made = await under(arena, swaps, async () => {
          const place = await openOwnDirectory(join(inArena(arena, attacked), 'state'), 0o700)
          await place.found.close()
          return realPath(place)
        })
        if (made === undefined) return
        expect(fs.realpathSync(made)).toBe(made)
        for (let each = made; each !== '/'; each = dirname(each))
          expect(fs.lstatSync(each)).toMatchObject({ uid: 0 })
        expect(fs.lstatSync(made).mode & 0o022).toBe(0)
      })
    },
    LONG,
  )

  test(
    'what root reads for a worker is the worker’s own, or where nobody else could put it',
    async () => {
      await holds('what root reads for a worker', 25, async (arena, attacked) => {
        using kept = new Held(arena.seen())
        const written = inArena(arena, attacked)
        const before = await idAt(written, { links: 'unmovable' }).catch(() => undefined)
        const swaps = attacked.swaps.filter(({ by }) => by === WORKER)
        const now = await under(arena, swaps, () => idAt(written, { links: 'unmovable' }))
        if (now === undefined || now.place.movable.length > 0) return
        expect(now.id).toBe(before?.id)
        expect(kept.ids).toContain(now.id)
      })
    },
    LONG,
  )

  test(
    'what is held for a container is never another’s',
    async () => {
      const pins = await Pins.open({ id: `test ${process.pid}`, written: `test ${process.pid}` })
      let count = 0
      await holds('what is held for a container', 8, async (arena, attacked) => {
        const roots = await BindRoots.open(rootsOf(arena), () => undefined)
        using kept = others(arena)
        count += 1
        const claim = `claim-${count}`
        const source = inArena(arena, attacked).replace(/\/(?:home|rival|shared|secret)\b/, '/root')
        const place = await under(arena, attacked.swaps, async () => {
          const found = await roots.find(source)
          if (!found.found || !isWithin(found.real, arena.path('root'))) return undefined
          const opened = await roots.openSource(found.real)
          if (opened === undefined) return undefined
          try {
            return await pins.pin(claim, 0, found.real, opened.found)
          } finally {
            await opened.found.close()
          }
        })
        if (place !== undefined) {
          const { dev, ino } = fs.statSync(place, { bigint: true })
          expect(kept.ids).not.toContain(`${dev}:${ino}`)
        }
        await pins.release(claim)
        expect(execFileSync('cat', ['/proc/self/mountinfo'], { encoding: 'utf8' })).not.toContain(claim)
        await roots.close()
      })
    },
    LONG,
  )
})
