/** MCP over HTTP for a worker: where it is served, and what opens it. */
import * as z from 'zod'
import type { Finding } from './finding.ts'
import type { McpPolicy } from './policy.ts'
import { path } from './schema-values.ts'

const LISTEN = /^(127\.0\.0\.1|\[::1\]):([0-9]{4,5})$/
const FORM = 'must be 127.0.0.1 or [::1] with a port from 1024 to 65535, as 127.0.0.1:8377'

const listen = z.string().transform((written, context) => {
  const [, address = '', digits = ''] = LISTEN.exec(written) ?? []
  const port = Number(digits)
  if (port >= 1024 && port <= 65_535) return { address: address.replace(/[[\]]/g, ''), port }
  context.addIssue({ code: 'custom', message: FORM })
  return z.NEVER
})

/** The `mcp` part of a worker. */
export const mcp = z
  .strictObject({
    listen: listen.describe('Address of this host itself, and port: 127.0.0.1:8377.'),
    token: path.describe(
      'File with the secret that clients send as bearer token, one line; nobody else may read it.',
    ),
  })
  .describe('MCP over HTTP. Default: none; MCP on stdio needs no key.')
  .transform((written): McpPolicy => ({ ...written.listen, token: written.token }))

interface WithMcp {
  readonly name: string
  readonly mcp: McpPolicy | undefined
}

/** Each worker has its own port and its own token. */
export function mcpFindings(workers: readonly WithMcp[]): readonly Finding[] {
  const taken = new Map<string, string>()
  return workers.flatMap((worker) => {
    if (worker.mcp === undefined) return []
    const { address, port, token } = worker.mcp
    return [
      ['listen', `${address} ${port}`, 'address and port'] as const,
      ['token', token, 'token'] as const,
    ].flatMap(([key, value, what]) => {
      const first = taken.get(value)
      taken.set(value, first ?? worker.name)
      if (first === undefined) return []
      const message = `is the ${what} of the worker ${first} already`
      return [{ path: ['workers', worker.name, 'mcp', key], at: 'value' as const, message }]
    })
  })
}
