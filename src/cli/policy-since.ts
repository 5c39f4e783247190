/** `dockgate policy show --since`: what one policy gives otherwise than another, and what is there that fits it no more. */
import { resolve } from 'node:path'
import { describeDifferences, differences, type Difference } from '../policy/differences.ts'
import type { Policy } from '../policy/policy.ts'
import { askGate } from './ask-gate.ts'
import { describeMisfit, MISFITS, type ToldMisfit } from './enforce.ts'

interface Since {
  readonly changes: readonly Difference[]
  /** Undefined where no gate tells. */
  readonly misfits?: readonly ToldMisfit[]
  /** Why not. */
  readonly unknown?: string
}

/** Milliseconds: the gate may have to ask its engine. */
const LONGEST = 60_000

/** @param file of the policy after. @param state directory of the gate that is asked what is there */
export async function findSince(before: Policy, after: Policy, file: string, state: string): Promise<Since> {
  const changes = differences(before, after)
  const path = `/misfits?policy=${encodeURIComponent(resolve(file))}`
  try {
    return { changes, misfits: await askGate(state, 'GET', path, MISFITS, LONGEST) }
  } catch (cause) {
    return { changes, unknown: cause instanceof Error ? cause.message : String(cause) }
  }
}

export function describeSince({ changes, misfits = [], unknown }: Since): string {
  const lines = misfits.map(
    (misfit) => `${misfit.running ? 'running' : 'stopped'}  ${describeMisfit(misfit)}`,
  )
  const told =
    unknown === undefined
      ? lines.length === 0
        ? ['all that is there fits it']
        : ['fits it no more:', ...lines]
      : [`what is there could not be looked at: ${unknown}`]
  return `${describeDifferences(changes)}\n${told.join('\n')}`
}
