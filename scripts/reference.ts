/** Writes the pages that are generated from the source. */
import { writeFileSync } from 'node:fs'
import { FOR_AGENTS } from '../src/shared/for-agents.ts'
import { buildkitReference } from './buildkit-reference.ts'
import { engineApiReference } from './engine-api-reference.ts'
import { engineFaultsReference } from './engine-faults-reference.ts'
import { manualFiles } from './manual/files.ts'

writeFileSync(new URL('../docs/reference/buildkit.md', import.meta.url), buildkitReference())
writeFileSync(new URL('../docs/reference/engine-api.md', import.meta.url), engineApiReference())
writeFileSync(new URL('../docs/reference/engine-faults.md', import.meta.url), engineFaultsReference())
writeFileSync(new URL('../docs/agents/AGENTS-dockgate.md', import.meta.url), FOR_AGENTS)
for (const [path, text] of await manualFiles()) writeFileSync(new URL(`../${path}`, import.meta.url), text)
