/** Faults of an engine, as the running gate tells them, or the engine itself. */
import * as z from 'zod'
import { askAbout } from '../engine/find-engine.ts'
import { faultsOf } from '../faults/faults-of.ts'
import type { ToldFault } from '../faults/lines.ts'
import { askGate } from './ask-gate.ts'

/** A fault in the status of a gate. */
export const reachedFault = z.object({
  id: z.string(),
  component: z.enum(['docker', 'containerd', 'runc', 'crun', 'podman', 'go']),
  version: z.string(),
  says: z.string(),
  gives: z.enum(['host', 'others', 'trouble']),
  sure: z.boolean(),
  where: z.string().exactOptional(),
  words: z.array(z.string()),
  update: z.object({
    what: z.string(),
    to: z.string().exactOptional(),
    lacking: z.string().exactOptional(),
  }),
  given: z.array(z.string()),
  accepted: z.boolean(),
  refused: z.boolean(),
})

type ToldFaults =
  | { readonly engine: string; readonly faults: readonly ToldFault[] }
  /** Why it is not known. */
  | { readonly unknown: string }

const status = z.object({
  engine: z.object({ connected: z.boolean(), version: z.string(), faults: z.array(reachedFault) }),
})

/** What the gate of a state directory knows of its engine. */
export async function faultsOfGate(directory: string): Promise<ToldFaults> {
  try {
    const { engine } = await askGate(directory, 'GET', '/status', { called: 'a status', schema: status })
    if (!engine.connected) return { unknown: "the gate's engine is away" }
    return { engine: `the gate's engine, version ${engine.version}`, faults: engine.faults }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    return { unknown: `no gate answers on ${directory} (${why}); --engine URL asks an engine` }
  }
}

/** What the engine at an address tells. */
export async function faultsAt(url: string): Promise<ToldFaults> {
  const told = await askAbout(url)
  if (told === undefined) return { unknown: `no engine answers at ${url}` }
  return { engine: `the engine at ${url}`, faults: faultsOf(told) }
}
