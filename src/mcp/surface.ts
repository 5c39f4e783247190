/** What the MCP door needs of the worker's surface: the running gate, asked over the worker's socket. */
import type { DockerRun } from '../programs/docker.ts'
import type { Answer } from './answer.ts'

export interface DockerSession extends Pick<DockerRun, 'socket' | 'arguments' | 'binds'> {
  readonly do: 'docker'
  /** Of a command that is only tried: what came of it, once the CLI has ended. Its output means nothing. */
  readonly verdict?: ((exit: number) => Promise<Answer>) | undefined
  /** Ends the session. */
  readonly end: () => void
}

export type RunAnswer = Answer | DockerSession | { readonly do: 'dial' | 'mcp' }

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
  /** What the worker may do, in plain words. */
  readonly whoami: () => Promise<string>
  readonly can: (line: string, signal: AbortSignal) => Promise<RunAnswer>
  readonly why: (record: string) => Promise<string>
  /** Whether a record is one of this worker's refusals by that rule. */
  readonly hasRefused: (record: string, rule: string) => Promise<boolean>
  /** Entries of its own record, one a line. */
  readonly audit: (asked: AuditAsked) => Promise<string>
}

export interface AuditAsked {
  readonly limit: number
  /** Id of an entry. */
  readonly after?: string | undefined
  readonly decision?: 'allow' | 'refuse' | 'outcome' | undefined
}
