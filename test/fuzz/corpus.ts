/** The inputs that are kept: one file each, of those that led somewhere no other did, and of those that were faults once. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { TARGETS, type TargetName } from './targets.ts'

const folder = new URL('corpus/', import.meta.url)

/** The kept inputs of a target, and those that its grammar starts from. */
export function corpusOf(name: TargetName): readonly Buffer[] {
  const directory = new URL(`${name}/`, folder)
  mkdirSync(directory, { recursive: true })
  const kept = readdirSync(directory).map((file) => readFileSync(new URL(file, directory)))
  return [
    ...TARGETS[name].seeds.map((seed) => (typeof seed === 'string' ? Buffer.from(seed, 'latin1') : seed)),
    ...kept,
  ]
}

/** Keeps an input. Returns its path. */
export function keep(name: TargetName, bytes: Uint8Array, prefix = ''): string {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  const path = new URL(`${name}/${prefix}${hash}`, folder)
  mkdirSync(new URL(`${name}/`, folder), { recursive: true })
  writeFileSync(path, bytes)
  return path.pathname
}
