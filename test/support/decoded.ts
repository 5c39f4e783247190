/** What is read of a request, as its tests ask for it. */
import { decodeRequest } from '../cases/world.ts'

/** What a request is, its parameters, why it is none, and what is found in it. A body is sent as JSON. */
export function read(line: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const { operation, findings, leftOut } = decodeRequest({ line, body, headers })
  return {
    operation,
    parameters: 'parameters' in operation ? operation.parameters : undefined,
    why: operation.kind === 'malformed' ? operation.why : undefined,
    findings,
    leftOut,
    found: findings.map(({ what }) => what),
  }
}
