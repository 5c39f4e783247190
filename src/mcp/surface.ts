/** What the MCP door needs of the worker's surface: the running gate, asked over the worker's socket. */
import type { DockerRun } from '../programs/docker.ts'
import type { Answer } from './answer.ts'
import type { ToldFacts } from './result.ts'

export interface DockerSession extends Pick<DockerRun, 'socket' | 'arguments' | 'binds'> {
  readonly do: 'docker'
  /** Of a command that is only tried: what came of it, once the CLI has ended. Its output means nothing. */
  readonly verdict?: ((exit: number) => Promise<Answer>) | undefined
  /** Ends the session. */
  readonly end: () => void
}

export type RunAnswer = Answer | DockerSession | { readonly do: 'dial' | 'mcp' }

/** Facts as the gate tells them, and the same as text. */
export interface Told {
  readonly text: string
  readonly facts: ToldFacts
}

export interface Rights {
  /** Docker's words that the worker has on anything. */
  readonly docker: readonly string[]
  /** Diagnostics of the host. */
  readonly host: readonly string[]
}

export interface Surface {
  readonly run: (
    asked: { readonly line: string } | { readonly words: readonly string[] },
    signal: AbortSignal,
  ) => Promise<RunAnswer>
  readonly rights: () => Promise<Rights>
  readonly whoami: () => Promise<Told>
  readonly can: (line: string, signal: AbortSignal) => Promise<RunAnswer>
  readonly why: (record: string) => Promise<Told>
  /** Whether a record is one of this worker's refusals by that rule. */
  readonly hasRefused: (record: string, rule: string) => Promise<boolean>
  readonly audit: (asked: AuditAsked) => Promise<Told>
}

export interface AuditAsked {
  readonly limit: number
  /** Id of an entry. */
  readonly after?: string | undefined
  readonly decision?: 'allow' | 'refuse' | 'outcome' | undefined
}
