/** What the surface answers a command line with: one JSON object. */
import type { BindRoot } from '../../policy/policy.ts'
import { refusalText, type RecordedRefusal } from '../../shared/refusal.ts'

export type RunAnswer = Answer | DockerAnswer | DialAnswer | { readonly do: 'mcp' }

/** The command's whole output. */
export interface Answer {
  readonly do: 'answer'
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
  /** Set where output was cut. */
  readonly truncated?: true
  readonly refusal?: RecordedRefusal
}

/** The caller runs the docker CLI with these arguments on that socket, while it holds the response open. */
export interface DockerAnswer {
  readonly do: 'docker'
  readonly socket: string
  readonly arguments: readonly string[]
  /** Of the policy: directories that the CLI may read, or write in, as the worker's containers may. */
  readonly binds: readonly BindRoot[]
  /** Of a command that is only tried: where its verdict is, once the CLI has ended. Its output means nothing. */
  readonly verdict?: string
}

/** The caller joins its standard input and output to that socket, while it holds the response open. */
export interface DialAnswer {
  readonly do: 'dial'
  readonly socket: string
}

/** Exit codes: those of sysexits.h, and 75 for what waits for a person. */
export const EXIT = { usage: 64, unavailable: 69, failed: 70, refused: 77 } as const

/** A command's output. */
export function answer(stdout: string, exit = 0): Answer {
  return { do: 'answer', stdout, stderr: '', exit }
}

/** A refusal, on standard error. */
export function refusedAnswer(refusal: RecordedRefusal, exit: number): Answer {
  return { do: 'answer', stdout: '', stderr: `${refusalText(refusal)}\n`, exit, refusal }
}

/** Something that went wrong, on standard error. */
export function failedAnswer(message: string, exit: number): Answer {
  return { do: 'answer', stdout: '', stderr: `dockgate: ${message}\n`, exit }
}
