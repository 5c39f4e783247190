/** The address of a worker's MCP server. */
import type { McpPolicy } from './policy.ts'

/** Where it is served, as a client writes it. */
export function mcpUrl({ address, port }: McpPolicy): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}/mcp`
}
