/** Dockgate as it is installed: readable by every account, wherever the checkout is. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

const parts = ['bin', 'dist', 'package.json']

/** Makes a copy in a directory that every account may enter; gives the program's path. */
export function installProgram(directory: string): string {
  const program = join(directory, 'dockgate')
  for (const part of parts) link(join(root, part), join(program, part))
  link(realpathSync(join(root, 'node_modules/.bin/node')), join(program, 'node_modules/.bin/node'))
  return join(program, 'bin', 'dockgate')
}

/** A second link where that is possible: Node alone is 120 MB. */
function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  if (spawnSync('cp', ['-rlT', from, to]).status !== 0) execFileSync('cp', ['-rT', from, to])
}
