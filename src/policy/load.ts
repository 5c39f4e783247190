/**
 * Loads a policy file in a thread of its own that ends with it, so that a process that stays does not keep the YAML parser
 * and the schema in memory (22 MB).
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Policy } from './policy.ts'
import { formatProblems, type PolicyProblem } from './problem.ts'

/** What the thread tells. */
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
  const worker = new Worker(new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: file,
  })
  return new Promise((resolve, reject) => {
    let answer: LoadAnswer | undefined
    worker.once('message', (message: LoadAnswer) => (answer = message))
    worker.once('error', reject)
    worker.once('exit', (code) => {
      if (answer !== undefined) resolve(answer)
      else reject(new Error(`the policy's thread ended without an answer (${code})`))
    })
  })
}
