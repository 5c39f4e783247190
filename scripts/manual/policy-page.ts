/** dockgate-policy(5): every key of the policy with what the schema says of it, and where more is. */
import { z } from 'zod'
import { policyJsonSchema } from '../../src/policy/json-schema.ts'
import { starterPolicy } from '../../src/policy/starter.ts'
import { bold, entry, example, prose, title } from './roff.ts'

interface Node {
  readonly description?: string | undefined
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Node>> | undefined
  readonly items?: Node | undefined
  readonly additionalProperties?: Node | boolean | undefined
  readonly anyOf?: readonly Node[] | undefined
}

/** What is read of a JSON Schema. */
const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    description: z.string().optional(),
    default: z.unknown().optional(),
    properties: z.record(z.string(), node).optional(),
    items: node.optional(),
    additionalProperties: z.union([z.boolean(), node]).optional(),
    anyOf: z.array(node).optional(),
  }),
)

/** The page as text. */
export function policyPage(): string {
  const keys = keysOf(node.parse(JSON.parse(policyJsonSchema())), '')
  return [
    ...title('dockgate-policy', 5),
    '.SH NAME',
    'dockgate\\-policy \\- what workers may do with Docker and the host',
    '.SH DESCRIPTION',
    ...DESCRIPTION.flatMap((text) => ['.PP', prose(text)]).slice(1),
    '.SH KEYS',
    prose('`NAME` is the name of a worker. Elements of lists stand behind `[]`.'),
    ...keys.flatMap(([key, text]) => entry(bold(key), text)),
    '.SH EXAMPLE',
    ...example(exampleLines()).slice(1),
    '.SH FILES',
    '.TP',
    '.I /etc/dockgate/policy.yaml',
    'The policy of the gate that systemd runs.',
    '.TP',
    '.I /usr/share/dockgate/policy.schema.json',
    'Its JSON Schema, for editors.',
    '.SH SEE ALSO',
    '.BR dockgate (1)',
    '.PP',
    'The whole language, with what each word of',
    '.B allow',
    'gives:',
    '.I /usr/share/doc/dockgate/docs/policy.md',
    '',
  ].join('\n')
}

const DESCRIPTION = [
  'One YAML file says what each worker may do. What it does not list is refused. It is plain YAML 1.2 of at most 1 MiB: no anchors, aliases or tags, and no key that is not listed here.',
  '`dockgate init` writes one to start from. `dockgate policy check` `FILE` names every mistake with its line and column, `dockgate policy show` `FILE` says in plain words what the file gives. A gate that runs loads its policy again when it changes; one with mistakes is not taken, and the one before stays in force.',
]

/** The starter policy without its comments. */
function exampleLines(): readonly string[] {
  return starterPolicy({ worker: 'ai-worker', engine: undefined, schema: '' })
    .split('\n')
    .map((line) => line.replace(/(^| )#.*$/, '').trimEnd())
    .filter((line) => line !== '')
}

/** Keys in the order of the schema, each once, with what is said of it. */
function keysOf(schema: Node, prefix: string): readonly (readonly [string, string])[] {
  const all = below(schema, prefix)
  const texts = new Map<string, string>()
  for (const [key, text] of all) if ((texts.get(key) ?? '') === '') texts.set(key, text)
  return [...texts].filter(([, text]) => text !== '')
}

function below(schema: Node, prefix: string): readonly (readonly [string, string])[] {
  const { properties = {}, items, additionalProperties, anyOf = [] } = schema
  const named = Object.entries(properties).flatMap(([name, child]): (readonly [string, string])[] => [
    [`${prefix}${name}`, about(child)],
    ...below(child, `${prefix}${name}.`),
  ])
  const others = typeof additionalProperties === 'object' ? below(additionalProperties, `${prefix}NAME.`) : []
  const elements = items === undefined ? [] : below(items, `${prefix.replace(/\.$/, '')}[].`)
  return [...named, ...others, ...elements, ...anyOf.flatMap((one) => below(one, prefix))]
}

function about({ description = '', default: usual }: Node): string {
  const isPlain = typeof usual === 'string' || typeof usual === 'number' || typeof usual === 'boolean'
  if (description === '' || !isPlain || description.includes('Default')) return description
  return `${description} Default: \`${String(usual)}\`.`
}
