/** The loop of one target, in a thread of its own, so that a hang can be seen from outside. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import * as z from 'zod'
import { corpusOf } from './corpus.ts'
import { Dice, minimised, mutated } from './mutate.ts'
import { isTarget, TARGETS } from './targets.ts'

/** Bytes that the heap may be larger at the end than after a quarter of the time. */
const GROWTH = 24 * 2 ** 20
/** Inputs that led somewhere new are kept to be changed further; these many at most. */
const MOST_KEPT = 3_000

const { name, milliseconds, seed, shared } = z
  .object({
    name: z.string().refine(isTarget),
    milliseconds: z.number(),
    seed: z.number(),
    shared: z.instanceof(SharedArrayBuffer),
  })
  .parse(workerData)
const counter = new Int32Array(shared, 0, 2)
const current = new Uint8Array(shared, 8)

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Runs an input where the main thread sees it. */
function attempt(bytes: Buffer): { readonly became: string } | { readonly fault: string } {
  current.set(bytes.subarray(0, current.length))
  Atomics.store(counter, 1, bytes.length)
  Atomics.add(counter, 0, 1)
  try {
    return { became: TARGETS[name].read(bytes) }
  } catch (cause) {
    return { fault: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }
  }
}

function loop(): object {
  const dice = new Dice(seed)
  const corpus = [...corpusOf(name)]
  const known = new Set<string>()
  const fresh: Buffer[] = []
  const until = Date.now() + milliseconds
  let heap: number | undefined
  let inputs = 0
  for (; Date.now() < until; inputs += 1) {
    const next = corpus[inputs]
    const bytes =
      inputs < corpus.length && next !== undefined
        ? next
        : mutated(dice.of(corpus), dice, corpus, TARGETS[name].words)
    const result = attempt(bytes)
    if ('fault' in result) {
      const first = result.fault.split('\n')[0]
      const smaller = minimised(bytes, (shorter) => {
        const again = attempt(shorter)
        return 'fault' in again && again.fault.split('\n')[0] === first
      })
      return { inputs, fault: result.fault, bytes: smaller }
    }
    if (!known.has(result.became)) {
      known.add(result.became)
      if (inputs >= corpus.length && corpus.length < MOST_KEPT) {
        const smaller = minimised(bytes, (shorter) => {
          const again = attempt(shorter)
          return 'became' in again && again.became === result.became
        })
        corpus.push(smaller)
        fresh.push(smaller)
      }
    }
    if (heap === undefined && Date.now() > until - 0.75 * milliseconds) {
      collect()
      heap = process.memoryUsage().heapUsed
    }
  }
  collect()
  const growth = process.memoryUsage().heapUsed - (heap ?? Infinity)
  if (growth > GROWTH) return { inputs, fault: `the heap grew by ${growth} bytes`, bytes: Buffer.alloc(0) }
  return { inputs, outcomes: known.size, fresh }
}

parentPort?.postMessage(loop())
