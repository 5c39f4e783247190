/** This program, to be started once more: there is one entry, and a word says what the process is. */
import { extname } from 'node:path'
import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'
import { flagsOption } from './executable.ts'
import type { Program } from './start.ts'

/** What only the gate and the commands themselves start. */
export type Role = '@policy-reader' | '@mcp-http'

/** @param flags of Node's; by default those of this process */
export function self(
  role: Role | 'mcp',
  words: readonly string[] = [],
  flags: readonly string[] = process.execArgv,
): Pick<Program, 'file' | 'words'> {
  const file = process.execPath
  if (isSea()) return { file, words: [...(flags.length === 0 ? [] : [flagsOption(flags)]), role, ...words] }
  // The source runs as .ts, the built package as .js; the compiler doesn't rewrite this one.
  const entry = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url))
  return { file, words: [...flags, entry, role, ...words] }
}
