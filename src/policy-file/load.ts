/**
 * Loads a policy file in a process of its own that ends with it, so that the gate does not keep the YAML parser and the
 * schema in memory (27 MB).
 */
import { open } from 'node:fs/promises'
import { buffer, text } from 'node:stream/consumers'
import { deserialize } from 'node:v8'
import { self } from '../programs/self.ts'
import { killGroup, startPiped } from '../programs/start.ts'
import type { Policy } from '../policy/policy.ts'
import { formatProblems, type PolicyProblem } from '../policy/problem.ts'

/** What the child tells. */
export type LoadAnswer =
  | NotedPolicy
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

/** A policy that can be used, and what else the operator should know of it on this host. */
export interface NotedPolicy {
  readonly policy: Policy
  readonly notes: readonly PolicyProblem[]
  /** As it is written. */
  readonly text: string
}

/** The checked policy of a file. Throws PolicyError; any other error is a fault of Dockgate's own. */
export async function loadPolicy(file: string): Promise<Policy> {
  const { policy } = await loadNoted(file)
  return policy
}

/** The same with its notes. */
export async function loadNoted(file: string): Promise<NotedPolicy> {
  const answer = await ask(file)
  if ('policy' in answer) return answer
  if ('unreadable' in answer) throw new PolicyError(`can't read the policy: ${answer.unreadable}`, 66)
  throw new PolicyError(formatProblems(answer.problems), 65, answer.problems)
}

async function ask(file: string): Promise<LoadAnswer> {
  const opened = await open(file).catch((cause: unknown) => {
    if (cause instanceof Error) return cause
    throw cause
  })
  if (opened instanceof Error) return { unreadable: opened.message }
  try {
    return await read(opened.fd, file)
  } finally {
    await opened.close()
  }
}

/** @param descriptor of the file @param file its name, for what is told of it */
async function read(descriptor: number, file: string): Promise<LoadAnswer> {
  const child = startPiped({
    ...self('@policy-reader'),
    streams: ['pipe', 'pipe', 'pipe', descriptor],
  })
  // Where it ended before it read that, it has told nothing.
  child.stdin?.on('error', () => undefined).end(file)
  const said = text(child.stderr)
  const told = await buffer(child.stdout)
  // A folder that does not answer would keep it from ending.
  killGroup(child)
  if (told.length === 0)
    throw new Error(`the process that reads the policy ended without an answer: ${await said}`)
  // The child is this program's own, and tells nothing but that.
  const answer: LoadAnswer = deserialize(told)
  return answer
}
