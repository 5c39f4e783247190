/**
 * Loads a policy file in a process of its own that ends with it, so that the gate does not keep the YAML parser and the
 * schema in memory (27 MB).
 */
import { extname } from 'node:path'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Policy } from './policy.ts'
import { formatProblems, type PolicyProblem } from './problem.ts'

/** What the child tells. */
export type LoadAnswer =
  | { readonly policy: Policy }
  | { readonly problems: readonly PolicyProblem[] }
  | { readonly unreadable: string }

/** A policy that can't be used. The message is for people: each problem with its place, or why there is no file. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  /** 65: there are problems in the file; 66: it can't be read. */
  readonly exitCode: 65 | 66
  readonly problems: readonly PolicyProblem[]

  constructor(message: string, exitCode: 65 | 66, problems: readonly PolicyProblem[] = []) {
    super(message)
    this.exitCode = exitCode
    this.problems = problems
  }
}

/** The checked policy of a file. Throws PolicyError; any other error is a fault of Dockgate's own. */
export async function loadPolicy(file: string): Promise<Policy> {
  const answer = await ask(file)
  if ('policy' in answer) return answer.policy
  if ('unreadable' in answer) throw new PolicyError(`can't read the policy: ${answer.unreadable}`, 66)
  throw new PolicyError(formatProblems(answer.problems), 65, answer.problems)
}

function ask(file: string): Promise<LoadAnswer> {
  // The source runs as .ts, the built package as .js; the compiler doesn't rewrite this one.
  const program = fileURLToPath(new URL(`./load-child${extname(import.meta.url)}`, import.meta.url))
  const child = fork(program, [], { serialization: 'advanced', env: {} })
  child.send(file)
  return new Promise((resolve, reject) => {
    let answer: LoadAnswer | undefined
    // The child is this program's own, and tells nothing but that.
    child.once('message', (message: LoadAnswer) => (answer = message))
    child.once('error', reject)
    child.once('close', (code) => {
      if (answer !== undefined) resolve(answer)
      else reject(new Error(`the process that reads the policy ended without an answer (${code})`))
    })
  })
}
