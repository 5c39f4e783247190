/** Builds `dist/` of `src/`: one file for each role of the program and for what several of them share, which Node loads in a third of the time. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.ts'
import { textOfLicenses } from './licenses.ts'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
rmSync(dist, { recursive: true, force: true })
// Two levels, as in the source: a chunk finds the entry, and the package's own files, where a module of a folder does.
const packages = await bundle({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
})
writeFileSync(join(dist, 'licenses.txt'), textOfLicenses(packages))
