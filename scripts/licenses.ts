import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NAMES = ['LICENSE', 'LICENSE.md', 'LICENCE', 'license']

/**
 * Dockgate's licence, and those of what it brings along, one after the other.
 * @param packages folders of packages in node_modules
 * @throws where one has none
 */
export function textOfLicenses(packages: readonly string[]): string {
  const all = [['Dockgate', ROOT], ...packages.map((folder) => [nameOf(folder), folder])]
  return all
    .map(([name = '', folder = '']) => `${name}\n${'='.repeat(name.length)}\n\n${licenseIn(folder)}\n`)
    .join('\n')
}

function nameOf(folder: string): string {
  const scope = basename(dirname(folder))
  return scope.startsWith('@') ? `${scope}/${basename(folder)}` : basename(folder)
}

function licenseIn(folder: string): string {
  const file = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path))
  if (file === undefined) throw new Error(`${folder} has no licence`)
  return readFileSync(file, 'utf8').trim()
}
