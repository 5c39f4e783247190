/** `dockgate audit`: reading and verifying the record. */

import { open, type FileHandle } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Link } from '../record/chain.ts'
import type { Anchor } from '../record/inspect.ts'
import type { Filter, Recorded } from '../record/reader.ts'
import { printable } from '../shared/refusal.ts'
import { StoreError } from '../record/errors.ts'
import { stateDirectory } from '../record/state-directory.ts'
import type { StateEnvironment } from '../record/state-directory.ts'
import { parseCount, parseHead, parseTime } from './audit-options.ts'
import { PAGE, type RecordSource } from './record-source.ts'

interface Common {
  readonly state?: string
  readonly json?: true
}

interface TailOptions extends Common, Filter {
  readonly follow?: true
  readonly lines?: number
}

interface VerifyOptions extends Common {
  readonly head?: Link
  readonly heads?: string
}

/** Exit code of an answer that is no. */
const NO = 1
/** Milliseconds between two looks for new entries. */
const FOLLOW = 200

/** Adds `audit tail`, `audit show`, `audit verify` and `audit accept` to the program. */
export function addAuditCommands(program: Command, environment: StateEnvironment): void {
  const audit = program.command('audit').description('read and verify the record of decisions')
  const directory = (options: Common): string =>
    stateDirectory(options.state, environment, process.getuid?.() === 0)
  addTail(audit, directory)
  addShow(audit, directory)
  addVerify(audit, directory)
  addAccept(audit, directory)
}

type DirectoryOf = (options: Common) => string

function addTail(audit: Command, directory: DirectoryOf): void {
  const time = (text: string): number => parseTime(text, Date.now())
  const command = common(audit.command('tail'), 'print one JSON object for each entry')
    .description('print the newest entries')
    .option('-f, --follow', 'go on with new entries as they are written')
    .option('-n, --lines <count>', 'how many; 10, or all where a time is given', parseCount)
    .option('--worker <name>', 'only of this worker')
    .option('--operation <name>', 'only this operation; container.* for all that begin so')
    .addOption(new Option('--decision <word>', 'only these').choices(['allow', 'refuse', 'outcome'] as const))
    .option('--since <time>', 'from then on: 30s, 10m, 2h, 1d ago, or an ISO date (UTC)', time)
    .option('--until <time>', 'before then', time)
  command.action(() =>
    run(command, async () => {
      const options = command.opts<TailOptions>()
      const { openSource } = await import('./open-source.ts')
      const { jsonLine, recordedLine } = await import('./audit-lines.ts')
      const print = (recorded: Recorded): void => {
        const line = options.json
          ? jsonLine({ seq: recorded.seq, ...recorded.entry })
          : recordedLine(recorded)
        answer(line)
      }
      let source = await openSource(directory(options))
      let seq = await printNewest(source, options, print)
      while (options.follow) {
        seq = await source.follow(options, seq, print)
        source.close()
        await sleep(FOLLOW)
        // A gate may have begun meanwhile, or ended.
        source = await openSource(directory(options))
      }
      source.close()
      return 0
    }),
  )
}

function addShow(audit: Command, directory: DirectoryOf): void {
  const command = common(audit.command('show'), 'print one JSON object for each entry')
    .description('print all about one decision: the entry and its outcomes')
    .argument('<id>', 'id of the decision, as a refusal names it, or of an outcome')
  command.action((id: string) =>
    run(command, async () => {
      const options = command.opts<Common>()
      const { openSource } = await import('./open-source.ts')
      const { jsonLine, recordedFields } = await import('./audit-lines.ts')
      const source = await openSource(directory(options))
      // A client may end the refusal that names it with a full stop.
      const found = await source.about(id.replace(/\.$/, ''))
      source.close()
      if (options.json) for (const { seq, entry } of found) answer(jsonLine({ seq, ...entry }))
      else if (found.length > 0) answer(found.map(recordedFields).join('\n\n'))
      if (found.length > 0) return 0
      process.stderr.write(`dockgate: no entry ${printable(id)} in ${directory(options)}\n`)
      return NO
    }),
  )
}

function addVerify(audit: Command, directory: DirectoryOf): void {
  const command = common(audit.command('verify'), 'print the result as one JSON object')
    .description('find entries that were changed, removed, moved or cut off; exit code 1 if there are any')
    .option('--head <seq:hash>', 'also check against a head that was kept elsewhere', parseHead)
    .option(
      '--heads <file>',
      "also against those in the gate's log, as journalctl prints it; - for standard input",
    )
  command.action(() =>
    run(command, async () => {
      const options = command.opts<VerifyOptions>()
      const { verifyRecord } = await import('../record/verify.ts')
      const { findingText } = await import('../record/findings.ts')
      const { jsonLine, verifyLines } = await import('./audit-lines.ts')
      const given = options.head === undefined ? [] : [{ ...options.head, source: 'the head given' }]
      const logged = options.heads === undefined ? [] : await headsIn(options.heads)
      const result = verifyRecord(directory(options), [...given, ...logged])
      const findings = result.findings.map((finding) => ({ ...finding, message: findingText(finding) }))
      answer(options.json ? jsonLine({ ...result, findings }) : verifyLines(result))
      return result.sound ? 0 : NO
    }),
  )
}

/** The heads in a log, of which there must be one: else it was another log. */
async function headsIn(path: string): Promise<readonly Anchor[]> {
  const { headsOf } = await import('../record/head-lines.ts')
  const input = path === '-' ? process.stdin : (await openLog(path)).createReadStream()
  const name = path === '-' ? 'standard input' : path
  const heads = await headsOf(createInterface({ input }), name)
  if (heads.length > 0) return heads
  throw new StoreError(
    `no line of ${name} has the head of a record; print the gate's log, as with journalctl -u dockgate`,
    66,
  )
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    throw new StoreError(`${path} can't be read: ${error instanceof Error ? error.message : ''}`, 66, error)
  }
}

function addAccept(audit: Command, directory: DirectoryOf): void {
  const command = common(audit.command('accept'), 'print the result as one JSON object').description(
    'let the gate go on with a record that something else wrote to, and put that on record',
  )
  command.action(() =>
    run(command, async () => {
      const options = command.opts<Common>()
      const { acceptRecord } = await import('../record/accept.ts')
      const { jsonLine } = await import('./audit-lines.ts')
      const accepted = acceptRecord(directory(options))
      if (options.json) answer(jsonLine({ accepted }))
      else if (accepted.length === 0) answer('nothing to accept: the record is as the gate left it')
      else answer(accepted.map((what) => printable(`accepted: ${what}`)).join('\n'))
      return 0
    }),
  )
}

function common(command: Command, json: string): Command {
  return command
    .option('--state <directory>', "the gate's state directory; default by user")
    .option('--json', json)
}

type Print = (recorded: Recorded) => void

/** Prints what is there, and gives the number up to which that is all. */
async function printNewest(source: RecordSource, options: TailOptions, print: Print): Promise<number> {
  const isTimed = options.since !== undefined || options.until !== undefined
  if (options.lines === undefined && isTimed) return printAll(source, options, print)
  const most = options.lines ?? 10
  const { entries, next, end } = await source.newest(options, Math.min(most, PAGE))
  const found = [...entries]
  for (let before = next; before !== undefined && found.length < most;) {
    const page = await source.newest(options, Math.min(most - found.length, PAGE), before)
    found.unshift(...page.entries)
    before = page.next
  }
  found.forEach(print)
  return end
}

async function printAll(source: RecordSource, filter: Filter, print: Print): Promise<number> {
  for (let from = 0; ;) {
    const { entries, next, end } = await source.first(filter, from, PAGE)
    entries.forEach(print)
    if (next === undefined) return end
    from = next
  }
}

function answer(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Runs a command: its exit code is the process's, and errors of the store end it with theirs. */
async function run(command: Command, work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work()
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    command.error(`dockgate: ${printable(error.message)}`, { exitCode: error.exitCode })
  }
}
