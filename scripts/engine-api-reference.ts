/** docs/reference/engine-api.md, out of the descriptions that requests are decoded by. */
import type { Field } from '../src/decode/fields.ts'
import { IGNORED, READ } from '../src/decode/headers.ts'
import type { OperationKind } from '../src/decode/operation.ts'
import { REFUSED_ENDPOINTS } from '../src/decode/refused-endpoints.ts'
import { ROUTES } from '../src/decode/routes.ts'
import type { Route } from '../src/decode/routes/route.ts'
import { NEWEST_MINOR, OLDEST_MINOR } from '../src/decode/target.ts'
import { grantsOf, type ContainerKind, type OtherKind } from '../src/policy/grants.ts'

const HEAD = `# The Engine API, as Dockgate takes it

Written by \`npm run reference\` from the descriptions that requests are decoded by; a test fails where it is out of date.
API versions 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR} are spoken. An endpoint that is not here is refused; a parameter, header or field that is not here is left out, as no version of the API has it, and noted in the record.

| treatment | what happens to a value that is not empty |
| --- | --- |
| forwarded | it is read as its type, and encoded anew as it was read |
| limited | it must keep to what is said here, or to what the policy says; else the request is refused |
| rewritten | it is sent in another form or with another value, or left out |
| refused | the request is refused, whatever the policy says |

In names, \`[]\` is each element of a list and \`{*}\` each key of an object. A word marked \\* grants the endpoint for the worker's
own containers alone, and only in the state in which Docker's command makes that call.
`

/** What grants operations that no single word of docker.allow does. */
const OTHERWISE = {
  'plugin.list': 'always',
  'system.ping': 'always',
  'container.exec': '`docker.exec`',
  'exec.start': 'an exec that the worker made',
  'exec.inspect': 'an exec that the worker made',
  'exec.resize': 'an exec that the worker made',
} as const satisfies Partial<Record<OperationKind, string>>

/** The whole page. */
export function engineApiReference(): string {
  const decoded = ROUTES.flatMap((route) => (route.content === 'unread' ? [] : operationsOf(route)))
  return [
    HEAD,
    '## Endpoints that are decoded\n',
    ...decoded.map(section),
    '## Headers\n',
    table(
      ['header', 'treatment'],
      [
        ...READ.map((name) => [code(name), 'read by the gate; once at most']),
        ...IGNORED.map((name) => [code(name), 'left out: it changes nothing that is decided']),
        ['any other', 'left out, and noted in the record: it means nothing to an engine'],
      ],
    ),
    '## Endpoints that are refused\n',
    'Their parameters, headers and fields are refused with them, unread.\n',
    table(
      ['endpoint', 'command', 'why', 'instead'],
      REFUSED_ENDPOINTS.map(([endpoint, , words, why, ...instead]) => [
        code(endpoint),
        code(`docker ${words}`),
        why,
        instead.join('; '),
      ]),
    ),
  ].join('\n')
}

/** A route, and what it is instead where a query parameter says something. */
function operationsOf(route: Route): readonly Route[] {
  if (route.streamed === undefined) return [route]
  const { with: parameter, decoder } = route.streamed
  const endpoint = `${route.endpoint}?${parameter}=-`
  return [route, { ...route, ...decoder, endpoint, content: 'stream' }]
}

function section({ endpoint, kind, query, body, headers, content }: Route): string {
  const rows = [
    ...leaves(headers, 'header'),
    ...leaves(query, 'query'),
    ...leaves(body, 'body'),
    ...CONTENT[content].map((row) => ['body', ...row]),
  ]
  const granted = `Operation \`${kind}\`. Granted: ${wordsOf(kind)}.\n`
  const nothing = 'It takes no parameter, and no body.\n'
  return [
    `### ${endpoint}\n`,
    granted,
    rows.length === 0 ? nothing : table(['in', 'name', 'treatment', 'what that means'], rows),
  ].join('\n')
}

/** What a body is where it is no JSON. */
const CONTENT: Readonly<Record<Route['content'], readonly (readonly string[])[]>> = {
  none: [],
  json: [],
  unread: [],
  stream: [
    ['the whole', 'forwarded', 'a tar, as it streams; of a build only after its Dockerfile was checked'],
  ],
  hijack: [['the whole', 'forwarded', 'what is typed, as bytes']],
}

function wordsOf(kind: OperationKind): string {
  if (isOtherwise(kind)) return OTHERWISE[kind]
  if (kind === 'unsupported' || kind === 'malformed') throw new Error(`${kind} is never granted`)
  const grants = grantsOf(grantable(kind))
  return grants.map(({ word, implied }) => `\`${word}\`${implied === undefined ? '' : '\\*'}`).join(', ')
}

function isOtherwise(kind: OperationKind): kind is keyof typeof OTHERWISE {
  return Object.hasOwn(OTHERWISE, kind)
}

function grantable(
  kind: Exclude<OperationKind, keyof typeof OTHERWISE | 'unsupported' | 'malformed'>,
): ContainerKind | OtherKind {
  return kind
}

/** Rows for every field that is read or refused as a whole. */
function leaves(field: Field<unknown>, place: string, path = ''): readonly (readonly string[])[] {
  const children = Object.entries(field.children)
  if (children.length > 0)
    return children.flatMap(([name, child]) => leaves(child, place, joined(path, name)))
  if (path === '') return []
  return [[place, code(path), field.treatment, meaning(field)]]
}

function meaning({ why, harmless = [], instead }: Field<unknown>): string {
  const unless =
    harmless.length === 0
      ? []
      : [`but for ${harmless.map((value) => code(JSON.stringify(value))).join(', ')}`]
  const told = [
    why === '' ? 'as it was read' : why,
    ...unless,
    ...(instead === undefined ? [] : [`instead: ${instead}`]),
  ]
  return told.join('; ')
}

function joined(path: string, name: string): string {
  return path === '' || name === '[]' ? `${path}${name}` : `${path}.${name}`
}

function code(text: string): string {
  return `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}
