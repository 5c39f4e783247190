/**
 * This program, to be started once more: there is one entry, and a word says what the process is. It is Node with the entry's file, or
 * one executable file that has both in it (scripts/executable.ts).
 */
import { extname } from 'node:path'
import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'
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
  if (isSea()) return { file, words: [...asOption(flags), role, ...words] }
  // The source runs as .ts, the built package as .js; the compiler doesn't rewrite this one.
  const entry = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url))
  return { file, words: [...flags, entry, role, ...words] }
}

/** As bin/dockgate gives them to what runs for long. With flags of V8's the file's compiled code is not taken, of which Node warns. */
const LASTING = [
  '--expose-gc',
  '--max-semi-space-size=4',
  '--disallow-code-generation-from-strings',
  '--disable-warning=Warning',
]

/** Goes on as the same process with the flags of what runs for long, where it is the executable file and has them not yet. */
export function withLastingFlags(words: readonly string[], environment: NodeJS.ProcessEnv): void {
  const file = process.execPath
  if (!isSea() || LASTING.every((flag) => process.execArgv.includes(flag))) return
  if (environment['LISTEN_PID'] === String(process.pid)) {
    // Descriptors that Node was given end where it goes on as another program.
    const line = `${file} ${asOption(LASTING).join(' ')} serve`
    process.emitWarning(
      `sockets of systemd's are for a gate that has its flags at once; start it by "${line}"`,
      'dockgate',
    )
    return
  }
  process.execve?.(file, [file, ...asOption(LASTING), ...words], environment)
}

/** How the executable file takes flags of Node's. */
function asOption(flags: readonly string[]): readonly string[] {
  return flags.length === 0 ? [] : [`--node-options=${flags.join(' ')}`]
}
