/** The measures as a table, and whether the aims are met. */
import type { Measure } from './measure.ts'

/** The measures of one engine with one number of containers on it. */
export interface Result {
  readonly engine: string
  readonly containers: number
  readonly measures: readonly Measure[]
}

/** What is aimed at: by the measure's unit, and by its name for memory. */
const AIMS: readonly {
  readonly of: RegExp
  readonly least?: number
  readonly most?: number
  readonly says: string
}[] = [
  { of: /requests\/s$/, least: 0.8, says: 'at least 0.8 of the proxy' },
  { of: /pairs\/s$/, least: 0.8, says: 'at least 0.8 of the proxy' },
  { of: /GB\/s$/, least: 0.95, says: 'at least 0.95 of the proxy' },
  { of: /^memory at rest/, most: 80, says: 'under 80 MB' },
  { of: /^memory at the peak of the stream/, most: 130, says: 'under 130 MB' },
]

/** One Markdown table for an engine: a row for each measure, columns for each number of containers. */
export function table(results: readonly Result[]): string {
  const [first] = results
  if (first === undefined) return ''
  const groups = results.flatMap(({ containers }) => [
    ...[`engine, ${containers} containers`, 'proxy', 'gate', 'gate ÷ proxy'],
  ])
  const rows = first.measures.map(({ name, unit }, index) => {
    const cells = results.flatMap(({ measures }) => cellsOf(measures[index]))
    return [name, unit, ...cells, aimOf(results.map(({ measures }) => measures[index]))]
  })
  const lines = [['', 'unit', ...groups, 'aim'], ['---', '---', ...groups.map(() => '---:'), '---'], ...rows]
  return `### ${first.engine}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')}`
}

function cellsOf(measure: Measure | undefined): readonly string[] {
  if (measure === undefined) return ['', '', '', '']
  const { engine, proxy, gate } = measure.values
  return [engine, proxy, gate].map(shown).concat(measure.ofProxy.toFixed(2))
}

function shown(value: number): string {
  if (value === 0) return ''
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}

function aimOf(measures: readonly (Measure | undefined)[]): string {
  const [first] = measures
  const aim = AIMS.find(({ of }) => first !== undefined && of.test(`${first.name} ${first.unit}`))
  if (aim === undefined) return ''
  const met = measures.every((measure) => {
    if (measure === undefined) return false
    return aim.least === undefined ? measure.values.gate < (aim.most ?? 0) : measure.ofProxy >= aim.least
  })
  return `${aim.says}: ${met ? 'met' : 'missed'}`
}
