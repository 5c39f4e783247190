/** Writes the reference pages that are generated from the source. */
import { writeFileSync } from 'node:fs'
import { engineApiReference } from './engine-api-reference.ts'
import { engineFaultsReference } from './engine-faults-reference.ts'

writeFileSync(new URL('../docs/reference/engine-api.md', import.meta.url), engineApiReference())
writeFileSync(new URL('../docs/reference/engine-faults.md', import.meta.url), engineFaultsReference())
