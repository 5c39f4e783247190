/** A gate's record, as `dockgate audit tail` tells it. */
import type { AuditEntry } from '../../src/record/entry.ts'
import { dockgate } from './process.ts'

/** All entries of both phases, the oldest first, with the fields of either. */
export type Line = { readonly seq: number } & Partial<Record<string, unknown>> &
  Pick<AuditEntry, 'phase' | 'operation' | 'id'>

/** Reads a gate's record; further arguments go to `audit tail`. Works on a running gate and after it. */
export async function recordOf(
  gate: { readonly directory: string },
  ...args: readonly string[]
): Promise<readonly Line[]> {
  const state = `${gate.directory}/state`
  const { code, stdout, stderr } = await dockgate(
    'audit',
    'tail',
    '--state',
    state,
    '--json',
    '-n',
    '100000',
    ...args,
  )
  if (code !== 0) throw new Error(`audit tail ended with ${code}: ${stderr}`)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
