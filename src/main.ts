/**
 * The one entry of Dockgate: its first word says what the process is, and only that is loaded. The only reader of process.argv and
 * process.env. Imports nothing itself: the forced command of an SSH account starts for each command.
 */
import type { Role } from './programs/self.ts'

/** What is not a command of the operator's, by its word. */
const ROLES: Readonly<Record<Role | 'ssh', (words: readonly string[]) => Promise<unknown>>> = {
  ssh: async (words) => (await import('./ssh/main.ts')).main(words, process.env),
  '@policy-reader': async () => (await import('./policy-file/reader.ts')).main(),
  '@mcp-http': async () => (await import('./mcp/http-child.ts')).main(),
}

/** What runs for long. */
const LASTING: ReadonlySet<string> = new Set(['serve', 'mcp'])

async function main(words: readonly string[]): Promise<void> {
  const [first = ''] = words
  if (LASTING.has(first)) (await import('./programs/self.ts')).withLastingFlags(words, process.env)
  const role = new Map(Object.entries(ROLES)).get(first)
  if (role === undefined) await (await import('./cli/program.ts')).main(words, process.env)
  else await role(words.slice(1))
}

void main(process.argv.slice(2))
