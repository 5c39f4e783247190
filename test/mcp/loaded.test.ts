import { readFileSync } from 'node:fs'
import { resolve, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What a module of src imports and exports from when it is loaded, all the way down. Imports of types alone are gone by then. */
function loaded(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  for (const [, names = ''] of text.matchAll(/^(?:import|export)(?! type\b)(?:[^'";]*? from)? '([^']+)'/gm)) {
    if (names.startsWith('.')) loaded(resolve(dirname(file), names), seen)
    else seen.add(names)
  }
  return seen
}

function foreign(file: string): readonly string[] {
  return [...loaded(`${root}src/${file}`)].filter((name) => name.startsWith('@') || name === 'zod')
}

describe('the MCP SDK', () => {
  test('is loaded by what serves MCP', () => {
    for (const file of ['mcp/stdio.ts', 'mcp/http-child.ts']) {
      expect(foreign(file)).toContain('@modelcontextprotocol/server')
    }
  })

  test.each([
    'main.ts',
    'ssh/main.ts',
    'cli/program.ts',
    'cli/serve.ts',
    'cli/mcp.ts',
    'doors/mcp-servers.ts',
  ])('is not loaded by %s', (file) => {
    expect(foreign(file)).toEqual([])
  })
})
