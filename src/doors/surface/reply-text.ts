/** What a worker is told about itself: what it may do, what it did, why it was refused. */
import type { AuditEntry } from '../../record/entry.ts'
import type { WorkerPolicy } from '../../policy/policy.ts'
import { describeWorker } from '../../policy/show.ts'
import { FOR_AGENTS } from '../../shared/for-agents.ts'
import { printable } from '../../shared/refusal.ts'

/** What a worker may do, as its policy says. */
export interface WhoAmI {
  readonly worker: string
  readonly docker: Omit<WorkerPolicy['docker'], 'unrecorded'>
  readonly host: readonly string[]
  /** The same for people. */
  readonly text: string
}

export function whoAmI(worker: WorkerPolicy): WhoAmI {
  const { unrecorded: _, ...docker } = worker.docker
  // What stands behind a ! is for whoever writes the policy.
  const lines = describeWorker(worker).filter((line) => !/^ *!/.test(line))
  return {
    worker: worker.name,
    docker,
    host: worker.host.allow.map(({ line }) => line),
    text: `${lines.join('\n')}\n`,
  }
}

/** The commands of this door, and what an agent should know. */
export function helpText(worker: WorkerPolicy): string {
  const diagnostics = worker.host.allow.map(({ line }) => `  ${line}\n`).join('')
  return (
    `dockgate: worker ${worker.name}. One command at a time, no shell:\n` +
    `  docker COMMAND ...   ${worker.docker.allow.slice(0, 8).join(', ')} ...\n${diagnostics}` +
    '  whoami               everything that this worker may do\n' +
    '  can COMMAND ...      whether a command would be allowed; nothing is done\n' +
    '  why RECORD           why something was refused\n' +
    `  mcp                  the Model Context Protocol on standard input and output\n\n${FOR_AGENTS}`
  )
}

/** An entry as its worker may read it: without the operation's detail, which holds paths of the host. */
export type OwnEntry = Readonly<Record<string, string | number>>

export function ownEntry(entry: AuditEntry): OwnEntry {
  const { time, ...rest } = entry
  const fields = Object.entries(rest).filter(
    (field): field is [string, string | number] =>
      field[0] !== 'detail' && field[1] !== undefined && field[1] !== '',
  )
  return { time: new Date(time).toISOString(), ...Object.fromEntries(fields) }
}

/** Why a call was decided as it was, for people. */
export function whyText(entries: readonly AuditEntry[], worker: string): string {
  return entries
    .map((entry) => (entry.phase === 'decision' ? decisionText(entry, worker) : outcomeText(entry)))
    .join('')
}

function decisionText(entry: Extract<AuditEntry, { phase: 'decision' }>, worker: string): string {
  const did = entry.decision === 'allow' ? 'allowed' : 'refused'
  const by = entry.decision === 'allow' ? 'allowed by' : 'refused by policy:'
  const lines = [
    `${new Date(entry.time).toISOString()} ${did} ${entry.operation} ${entry.target}`.trimEnd(),
    `${by} ${entry.rule}`,
    ...(entry.reason === '' ? [] : [`why: ${entry.reason}`]),
    ...(entry.decision === 'allow'
      ? []
      : [`To request access, give your operator this rule, for worker ${worker}. Record: ${entry.id}`]),
  ]
  return lines.map((line) => `${printable(line)}\n`).join('')
}

function outcomeText(entry: Extract<AuditEntry, { phase: 'outcome' }>): string {
  const reason = entry.reason === '' ? '' : `: ${printable(entry.reason)}`
  return `${new Date(entry.time).toISOString()} ended with status ${entry.status}${reason}\n`
}
