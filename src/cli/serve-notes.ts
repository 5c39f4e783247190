/** What `serve` tells of the gate while it runs, each at its level. */
import { EngineUnavailable } from '../engine/engine.ts'
import type { Opened } from '../doors/doors.ts'
import { describeFaults, reachedBy } from '../faults/lines.ts'
import type { Gate } from '../gate.ts'
import type { StoreError } from '../record/errors.ts'
import { findMisfits } from '../rights/misfits.ts'
import { describeMisfits, describeOther, note } from './serve-lines.ts'

/** Says what a policy that has come into force changes for what is there. */
export async function tellNew(gate: Gate): Promise<void> {
  note('the new policy is in force', 'notice')
  tellFaults(gate)
  await tellMisfits(gate)
}

/** Says what of the engine's faults the words of a policy reach. */
export function tellFaults({ feed, policy }: Gate): void {
  const faults = feed.connected?.facts.faults ?? []
  for (const line of describeFaults(reachedBy(faults, policy))) note(line)
}

export function noteImages(isKnown: boolean): void {
  note(
    isKnown
      ? "the engine's images are known"
      : "the engine's images are not known yet, its list is slow; what needs them gets 503 until then",
    isKnown ? 'information' : 'warning',
  )
}

export function noteUnbound(name: string, meant: string): void {
  const why = `${name} is a name that a worker gave to the operator's ${meant}, so the policy's ${name} is not that container`
  note(`${why}; rename it yourself if it is`)
}

export function tellOpened({ failed, others, withoutSocket, unserved }: Opened): void {
  for (const [name, { message }] of failed)
    note(`worker ${name} is not served: ${message}; SIGHUP tries again`, 'error')
  for (const [name, { message }] of withoutSocket)
    note(`containers of worker ${name} get no socket of Docker: ${message}; SIGHUP tries again`)
  for (const other of others) note(describeOther(other))
  for (const path of unserved)
    note(
      `no worker is served on ${path}, which systemd gave: who connects there is sent away; name it in the policy, or disable its unit`,
    )
}

/** Says what the new policy leaves behind. Where the engine is away, `dockgate status` tells later. */
async function tellMisfits(gate: Gate): Promise<void> {
  try {
    for (const line of describeMisfits(await findMisfits(gate))) note(line)
  } catch (cause) {
    if (!(cause instanceof EngineUnavailable)) throw cause
  }
}

export function tellRecord(failure: StoreError | undefined): void {
  note(
    failure === undefined
      ? 'the record is written again'
      : `nothing is done that can't be recorded, until it can be: ${failure.message}`,
    failure === undefined ? 'notice' : 'error',
  )
}
