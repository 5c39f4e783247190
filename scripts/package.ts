/** Makes the package for npm: the built program and its schema, with a description that has nothing of the development in it. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'

const USAGE = `usage: npm run package
  Makes out/dockgate-VERSION.tgz, which 'npm install -g' installs with Node's package for the machine and nothing else: no compiler, no script,
  no package of the development. Two of the same source are equal.
`
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const OUT = join(ROOT, 'out')
const PARTS = ['bin', 'dist', 'schema', 'LICENSE', 'README.md']

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } })
if (values.help === true) process.stdout.write(USAGE)
else make()

function make(): void {
  const folder = join(OUT, 'package')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  const {
    scripts: _scripts,
    devDependencies: _development,
    ...description
  } = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(description, null, 2)}\n`)
  const words = ['pack', '--silent', '--pack-destination', OUT]
  const archive = execFileSync('npm', words, { cwd: folder, encoding: 'utf8' }).trim()
  rmSync(folder, { recursive: true })
  process.stdout.write(`out/${archive}\n`)
}
