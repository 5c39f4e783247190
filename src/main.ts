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

const words = process.argv.slice(2)
const role = new Map(Object.entries(ROLES)).get(words[0] ?? '')
if (role === undefined) await (await import('./cli/program.ts')).main(words, process.env)
else await role(words.slice(1))
