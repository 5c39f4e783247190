/** The operation as the record holds it: all that was decided on, secrets as keyed hashes. */
import type { Operation } from '../decode/operation.ts'
import type { Verdict } from '../policy/verdict.ts'
import { objectOf, textOf } from '../shared/json-value.ts'

/**
 * JSON of an operation and, for a create or an update, of what was made of it.
 * @param redact environment entries, `NAME=value`, to `NAME=<hash>`
 */
export function recordDetail(
  operation: Operation,
  verdict: Verdict,
  redact: (environment: readonly string[]) => readonly string[],
): string {
  const permit = verdict.effect === 'allow' ? verdict.permit : undefined
  const planned =
    permit?.on === 'create'
      ? { plan: permit.plan }
      : permit?.on === 'update'
        ? { changes: permit.changes }
        : {}
  const replace = (key: string, value: unknown): unknown => {
    if (key === 'Env' && Array.isArray(value)) return redact(value.map(String))
    if (key === 'changes' && Array.isArray(value)) return value.map((change) => redactChange(change, redact))
    if (key === 'registryAuth') return value === undefined ? undefined : 'given'
    return value instanceof Map ? Object.fromEntries(value) : value
  }
  return JSON.stringify({ ...operation, ...planned }, replace)
}

/** A Dockerfile instruction; one that sets environment variables is hashed as a whole. */
function redactChange(
  change: unknown,
  redact: (environment: readonly string[]) => readonly string[],
): unknown {
  const { instruction, argument } = objectOf(change)
  return instruction === 'ENV'
    ? redact([`ENV=${textOf(argument)}`])[0]
    : `${textOf(instruction)} ${textOf(argument)}`
}

/** Words of a docker command line with the values of environment variables replaced. */
export function redactWords(
  words: readonly string[],
  redact: (environment: readonly string[]) => readonly string[],
): readonly string[] {
  return words.map((word, index) => {
    if (['-e', '--env'].includes(words[index - 1] ?? '')) return redact([word]).join()
    const joined = /^(--env=|-e)(?=[A-Za-z_])/.exec(word)?.[0]
    return joined === undefined ? word : joined + redact([word.slice(joined.length)]).join()
  })
}
