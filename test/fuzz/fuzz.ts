/** Runs a target for some time. A fault, a hang or growth is told with the input, which is kept. */
import { Worker } from 'node:worker_threads'
import * as z from 'zod'
import { keep } from './corpus.ts'
import type { TargetName } from './targets.ts'

/** Milliseconds that one input may take, as the thread is seen from outside. */
const HANG = 1_000
const LOOK = 100

const told = z.union([
  z.object({ inputs: z.number(), fault: z.string(), bytes: z.instanceof(Uint8Array) }),
  z.object({ inputs: z.number(), outcomes: z.number(), fresh: z.array(z.instanceof(Uint8Array)) }),
])

export interface Fuzzed {
  readonly inputs: number
  /** Different things that became of inputs. */
  readonly outcomes: number
  /** Inputs that led somewhere new. */
  readonly fresh: readonly Uint8Array[]
}

/** Fuzzes a target. @throws {Error} for a fault; its input is then in the corpus */
export async function fuzz(name: TargetName, milliseconds: number, seed: number): Promise<Fuzzed> {
  const shared = new SharedArrayBuffer(8 + 2 ** 15)
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { name, milliseconds, seed, shared },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  worker.on('message', resolve)
  worker.on('error', reject)
  worker.on('exit', (code) => reject(new Error(`the thread ended with ${code}`)))
  const watch = watchFor(shared, (bytes) => reject(fault(name, seed, `no end after ${HANG} ms`, bytes)))
  try {
    const result = told.parse(await promise)
    if ('fault' in result) throw fault(name, seed, result.fault, result.bytes)
    return result
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}

/** Looks whether the same input is still under way after too long, on a machine that lets the thread run. */
function watchFor(shared: SharedArrayBuffer, hung: (bytes: Uint8Array) => void): NodeJS.Timeout {
  const counter = new Int32Array(shared, 0, 2)
  let seen = 0
  let cpu = process.cpuUsage()
  return setInterval(() => {
    const now = Atomics.load(counter, 0)
    if (now !== seen) {
      seen = now
      cpu = process.cpuUsage()
      return
    }
    // Time of this process, not of the clock: others may keep the machine busy.
    const { user, system } = process.cpuUsage(cpu)
    if (now > 0 && user + system > 1_000 * HANG)
      hung(new Uint8Array(shared, 8, Atomics.load(counter, 1)).slice())
  }, LOOK)
}

function fault(name: TargetName, seed: number, what: string, bytes: Uint8Array): Error {
  const path = keep(name, bytes, 'fault-')
  return new Error(`${name}, seed ${seed}: ${what}\nthe input is kept as ${path}`)
}
