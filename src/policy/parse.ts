/** From a policy's text to the policy, or to everything that is wrong with it. */
import { buildPolicy } from './build.ts'
import type { Finding } from './finding.ts'
import { findingsOf, issueMessage } from './findings.ts'
import type { Policy } from './policy.ts'
import type { PolicyProblem } from './problem.ts'
import { policyFile } from './schema.ts'
import { type Complaint, readSource, type Source } from './source.ts'

export type ParsedPolicy = Sound | { readonly problems: readonly PolicyProblem[] }

interface Sound {
  readonly policy: Policy
  /** What else is found of its values, with their places. */
  readonly placed: (findings: readonly Finding[]) => readonly PolicyProblem[]
}

/** Most characters of a policy; its bytes are limited where it is read. */
export const LARGEST_POLICY = 2 ** 20

/** More are not worth the reading. */
const MOST_PROBLEMS = 100

/** Checks a policy's text. `file` is the name that problems carry. Never throws. */
export function parsePolicy(text: string, file: string): ParsedPolicy {
  const checked = checkText(text)
  const problems = (complaints: readonly Complaint[]) =>
    complaints
      .toSorted((one, other) => one.offset - other.offset)
      .slice(0, MOST_PROBLEMS)
      .map((complaint) => problemAt(complaint, text, file))
  if ('complaints' in checked) return { problems: problems(checked.complaints) }
  const { policy, source } = checked
  return { policy, placed: (findings) => problems(findings.map((finding) => complaintOf(finding, source))) }
}

type Checked =
  | { readonly policy: Policy; readonly source: Source }
  | { readonly complaints: readonly Complaint[] }

function checkText(text: string): Checked {
  if (text.length > LARGEST_POLICY) return { complaints: [{ offset: 0, message: 'is larger than 1 MiB' }] }
  if (text.trim() === '') return { complaints: [{ offset: 0, message: 'is empty' }] }
  const source = readSource(text)
  if ('complaints' in source) return source
  const parsed = policyFile.safeParse(source.data, { error: issueMessage })
  const findings: Finding[] = []
  if (!parsed.success) findings.push(...findingsOf(parsed.error.issues, source.data))
  const policy = parsed.success ? buildPolicy(parsed.data, findings) : undefined
  if (policy !== undefined && findings.length === 0) return { policy, source }
  return { complaints: findings.map((finding) => complaintOf(finding, source)) }
}

function complaintOf({ path, at, ...told }: Finding, { offsetOf }: Source): Complaint {
  return { offset: offsetOf(path, at), ...told }
}

function problemAt({ offset, message, hint }: Complaint, text: string, file: string): PolicyProblem {
  const before = text.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  const end = text.indexOf('\n', offset)
  const quote = text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '')
  const line = before.split('\n').length
  return { file, line, column: offset - start + 1, message, quote, ...(hint === undefined ? {} : { hint }) }
}
