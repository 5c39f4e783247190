/** Writes compat/results.json and a part of docs/compatibility.md from what the suites said. @see ../scripts/compat.sh */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'
import { compatibilityWith, results, type Results, type SuiteResults } from './results.ts'

const [directory = '', ...suites] = process.argv.slice(2)
const refused = z
  .array(z.strictObject({ why: z.string(), tests: z.array(z.string()) }))
  .parse(parse(readFileSync(new URL('refused.yaml', import.meta.url), 'utf8')))

/** What a suite said: `passed NAME`, `failed NAME`, `version TEXT`. */
function said(suite: string, side: 'raw' | 'gate'): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, string[]>([
    ['passed', []],
    ['failed', []],
    ['version', []],
  ])
  for (const line of readFileSync(join(directory, `${suite}.${side}`), 'utf8').split('\n')) {
    const space = line.indexOf(' ')
    lines.get(line.slice(0, space))?.push(line.slice(space + 1))
  }
  return lines
}

function resultsOf(suite: string): SuiteResults {
  const raw = said(suite, 'raw')
  const passedRaw = [...new Set(raw.get('passed'))]
  const through = new Set(said(suite, 'gate').get('passed'))
  const not = passedRaw.filter((name) => !through.has(name)).sort()
  const reasonOf = (name: string): string | undefined =>
    refused.find(({ tests }) => tests.some((part) => name.includes(part)))?.why
  const reasons = [...new Set(refused.map(({ why }) => why))]
  return {
    versions: [...new Set(raw.get('version'))],
    raw: passedRaw.length,
    gate: passedRaw.length - not.length,
    refused: Object.fromEntries(
      reasons
        .map((why) => [why, not.filter((name) => reasonOf(name) === why)] as const)
        .filter(([, names]) => names.length > 0),
    ),
    others: not.filter((name) => reasonOf(name) === undefined),
  }
}

const file = new URL('results.json', import.meta.url)
const page = new URL('../docs/compatibility.md', import.meta.url)
const before: Results = results.parse(JSON.parse(readFileSync(file, 'utf8')))
const after = { ...before, ...Object.fromEntries(suites.map((suite) => [suite, resultsOf(suite)])) }
writeFileSync(file, `${JSON.stringify(after, undefined, 2)}\n`)
writeFileSync(page, compatibilityWith(readFileSync(page, 'utf8'), after))
for (const suite of suites) {
  const { raw, gate, others } = resultsOf(suite)
  console.log(
    `${suite}: ${gate} of ${raw}${others.length === 0 ? '' : `, and neither passed nor refused on purpose:\n  ${others.join('\n  ')}`}`,
  )
}
