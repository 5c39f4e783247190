/** What came of the suites, as it is kept, and as it stands in docs/compatibility.md. */
import * as z from 'zod'

const suite = z.strictObject({
  /** What was run. */
  versions: z.array(z.string()),
  /** How many pass on the engine itself, and how many of these through a gate. */
  raw: z.int(),
  gate: z.int(),
  /** Names of those that do not and are not to, by why. */
  refused: z.record(z.string(), z.array(z.string())),
  /** Those that do not and should. */
  others: z.array(z.string()),
})
export type SuiteResults = z.output<typeof suite>

export const results = z.record(z.string(), suite)
export type Results = z.output<typeof results>

const [BEGIN, END] = ['<!-- npm run compat -->', '<!-- end of npm run compat -->']

/** The page with the part that is made from results. @throws {TypeError} where it has no place for it */
export function compatibilityWith(page: string, all: Results): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin === -1 || end < begin) throw new TypeError(`the page has no ${BEGIN} before a ${END}`)
  return `${page.slice(0, begin)}${BEGIN}\n\n${tables(all)}\n\n${page.slice(end)}`
}

function tables(all: Results): string {
  const suites = Object.entries(all).sort(([one], [other]) => one.localeCompare(other))
  const rows = suites.map(([name, { versions, raw, gate, refused, others }]) => {
    const meant = Object.values(refused).flat().length
    return `| ${name} | ${versions.join(', ')} | ${raw} | ${gate} | ${meant} | ${others.length} |`
  })
  return [
    '| suite | what was run | pass raw | of these through a gate | refused on purpose | others |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...suites.flatMap(([name, { refused, others }]) => [
      ...listed(Object.entries(refused), `**${name}**, refused on purpose:`),
      ...listed(others.length === 0 ? [] : [['', others]], `**${name}**, others:`),
    ]),
  ].join('\n')
}

function listed(groups: readonly (readonly [string, readonly string[]])[], title: string): readonly string[] {
  if (groups.length === 0) return []
  return [
    '',
    title,
    '',
    ...groups.map(
      ([why, names]) => `- ${why === '' ? '' : `${why}: `}${names.map((name) => `\`${name}\``).join(', ')}`,
    ),
  ]
}
