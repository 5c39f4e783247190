/** The reference page of what is said to BuildKit, written from the tables that it is read and written by. */
import * as control from '../src/decode/buildkit/control.ts'
import * as gateway from '../src/decode/buildkit/gateway.ts'
import { SESSION_METHODS } from '../src/decode/buildkit/session.ts'
import type { Field, Table } from '../src/decode/protobuf/message.ts'

const CONTROL = '/moby.buildkit.v1.Control/'
const BRIDGE = '/moby.buildkit.v1.frontend.LLBBridge/'

/** What a client may ask for: what is read of it, and what is answered; undefined where nothing is looked at. */
export const ASKED: Readonly<Record<string, readonly [Table | undefined, Table | undefined]>> = {
  [`${CONTROL}DiskUsage`]: [undefined, control.nothing.table],
  [`${CONTROL}Info`]: [undefined, control.infoResponse.table],
  [`${CONTROL}ListWorkers`]: [undefined, control.listWorkersResponse.table],
  [`${CONTROL}ListenBuildHistory`]: [undefined, undefined],
  [`${CONTROL}Prune`]: [undefined, undefined],
  [`${CONTROL}Session`]: [control.bytesMessage.table, control.bytesMessage.table],
  [`${CONTROL}Solve`]: [control.solveRequest.table, control.solveResponse.table],
  [`${CONTROL}Status`]: [control.statusRequest.table, control.statusResponse.table],
  [`${CONTROL}UpdateBuildHistory`]: [undefined, control.nothing.table],
  [`${BRIDGE}Evaluate`]: [gateway.evaluateRequest.table, control.nothing.table],
  [`${BRIDGE}Ping`]: [undefined, gateway.pongResponse.table],
  [`${BRIDGE}ReadDir`]: [gateway.readDirRequest.table, gateway.readDirResponse.table],
  [`${BRIDGE}ReadFile`]: [gateway.readFileRequest.table, gateway.readFileResponse.table],
  [`${BRIDGE}Return`]: [gateway.returnRequest.table, control.nothing.table],
  [`${BRIDGE}Solve`]: [gateway.solveRequest.table, gateway.solveResponse.table],
  [`${BRIDGE}StatFile`]: [gateway.statFileRequest.table, gateway.statFileResponse.table],
}

/** Every table that is reached from these, once, those that hold others first. */
export function tablesFrom(tables: readonly Table[]): readonly Table[] {
  const found = new Set<Table>()
  const add = (table: Table): void => {
    if (found.has(table)) return
    found.add(table)
    for (const field of Object.values(table.fields)) if (field.table !== undefined) add(field.table)
  }
  for (const table of tables) add(table)
  return [...found]
}

/** Every table there is. */
export const TABLES: readonly Table[] = tablesFrom([
  ...Object.values(ASKED).flatMap((both) => both.flatMap((table) => table ?? [])),
  ...[...SESSION_METHODS.values()].flatMap(({ messages }) => messages.map(({ table }) => table)),
])

/** The page as text. */
export function buildkitReference(): string {
  return [
    HEAD,
    '## What a client asks',
    methodTable(
      Object.entries(ASKED).map(([path, [asked, answered]]) => [path, asked?.name, answered?.name]),
    ),
    'All other methods are refused, `NewContainer`, `ExecProcess`, `ResolveImageConfig` and the content store among them; of telemetry and reflection it is said that there is none.',
    '## What an engine asks of the client',
    methodTable(
      [...SESSION_METHODS].map(
        ([
          path,
          {
            messages: [asked, answered],
          },
        ]) => [path, asked?.table.name, answered?.table.name],
      ),
    ),
    '## Messages',
    ...TABLES.filter(({ fields }) => Object.keys(fields).length > 0).map(describe),
    '',
  ].join('\n\n')
}

const HEAD = `# What is said to BuildKit

Written by \`npm run reference\` from the tables that messages are read and written by (\`src/decode/buildkit/\`); a test fails where it is out of date. [builds.md](../builds.md) says what it is for.

Of a message from a client a field that is not here is refused, and so is one that stands there twice, or has a word that is not known; of an engine's answer it is left out. A field without a word beside it goes as it was read.`

function methodTable(rows: readonly (readonly [string, string | undefined, string | undefined])[]): string {
  return [
    '| method | asked | answered |',
    '| --- | --- | --- |',
    ...rows.map(
      ([path, asked, answered]) =>
        `| \`${path}\` | ${asked ?? 'nothing is looked at'} | ${answered ?? 'nothing'} |`,
    ),
  ].join('\n')
}

function describe({ name, fields }: Table): string {
  const rows = Object.entries(fields).map(
    ([key, field]) => `| \`${key}\` | ${field.number} | ${treatmentOf(field)} |`,
  )
  return [`### ${name}`, '', '| field | number | |', '| --- | --- | --- |', ...rows].join('\n')
}

function treatmentOf({ treatment, why, table }: Field<unknown>): string {
  const inside = table === undefined ? '' : table.name
  return [treatment === 'forwarded' ? '' : `${treatment}: ${why}`, inside]
    .filter((part) => part !== '')
    .join('; ')
}
