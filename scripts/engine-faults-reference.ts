/** The reference page of the faults of engines, written from the table that engines are measured by. */
import { NEEDS, SUITE_NAMES, type Component, type Fault, type Gain, type Range } from '../src/faults/fault.ts'
import { wordsOf } from '../src/faults/faults-of.ts'
import { FAULTS } from '../src/faults/table.ts'

const COMPONENTS: Readonly<Record<Component, string>> = {
  docker: 'Docker Engine',
  go: 'Go, which Docker Engine is built with',
  runc: 'runc',
  containerd: 'containerd',
  podman: 'Podman',
  crun: 'crun',
}

const GAINS: Readonly<Record<Gain, string>> = {
  host: 'the host',
  others: "others'",
  trouble: 'trouble',
}

/** The page as text. */
export function engineFaultsReference(): string {
  const open = FAULTS.filter(({ closed }) => closed === undefined)
  const closed = FAULTS.filter((fault) => fault.closed !== undefined)
  return [
    HEAD,
    '## Faults that words of a policy reach',
    'What is told by `serve`, `status`, `policy show` and `init`, where an engine has it.',
    ...sections(open),
    '## Faults that the gate closes',
    'They are told as no danger.',
    ...sections(closed),
    '',
  ].join('\n\n')
}

const HEAD = `# Faults of engines

Written by \`npm run reference\` from the table that engines are measured by (\`src/faults/table.ts\`); a test fails where it is out of date. It is as of
2026-11-30: what came later is not in it. [operate.md](../operate.md#faults-of-engines) says what the gate makes of it.

Versions are upstream's. Debian mends in place, so beside them stands what each of its suites has: the package that mended it, or that none has. Behind a fault is what it gives: a way to
the host, something of others, or trouble: memory, CPUs, an end of what runs. Not listed are faults that a worker behind the gate has no part in: of Kubernetes' interface, of plugins and of the docker CLI, of registries
that lie, of Docker Desktop, of the kernel.`

function sections(faults: readonly Fault[]): readonly string[] {
  const components = [...new Set(faults.map(({ component }) => component))]
  return components.map((component) => {
    const rows = faults.filter((fault) => fault.component === component).map(rowOf)
    return [`### ${COMPONENTS[component]}`, '', ...HEADING, ...rows].join('\n')
  })
}

const HEADING = [
  '| fault | what it is | versions | Debian | reached by | here |',
  '| --- | --- | --- | --- | --- | --- |',
]

function rowOf(fault: Fault): string {
  const { id, also = [], says, gives, ranges, source } = fault
  const links = source.map((address, index) => `[${index === 0 ? id : index + 1}](${address})`)
  const names = [...links, ...also.filter((name) => !name.startsWith('GHSA'))].join(', ')
  const cells = [
    `${names} (${GAINS[gives]})`,
    says,
    ranges.map(rangeOf).join('; '),
    debianOf(fault),
    reachOf(fault),
    hereOf(fault),
  ]
  return `| ${cells.join(' | ')} |`
}

function rangeOf({ from, before }: Range): string {
  if (from === undefined) return before === undefined ? 'all' : `before ${before}`
  return before === undefined ? `from ${from}` : `${from} to before ${before}`
}

function debianOf({ debian }: Fault): string {
  const [first] = debian
  if (debian.every((fix) => fix === first)) return first
  return SUITE_NAMES.map((suite, index) => `${suite} ${debian[index]}`).join('; ')
}

function reachOf(fault: Fault): string {
  const { fields, needs, on } = fault
  const words = wordsOf(fault).map((word) => `\`${word}\``)
  return [
    words.length === 0 ? 'nothing' : words.join(', '),
    ...(fields === undefined ? [] : [fields]),
    ...(needs === undefined ? [] : [`where ${NEEDS[needs]}`]),
    ...(on === undefined ? [] : [`before ${on === 'podman' ? 'Podman' : 'Docker'} alone`]),
  ].join('; ')
}

function hereOf({ closed, narrowed, perhaps, tried, unsure }: Fault): string {
  const parts = [
    ...(closed === undefined ? [] : [`Closed: ${closed}.`]),
    ...(narrowed === undefined ? [] : [`Closed in part: ${narrowed}.`]),
    ...(perhaps === undefined ? [] : [`Told as perhaps: ${perhaps}.`]),
    tried === undefined ? 'Not tried.' : `Tried: ${tried}`,
    ...(unsure === undefined ? [] : [unsure]),
  ]
  return parts.join(' ')
}
