/** One call of a tool that runs something: the gate decides, then the docker CLI runs, or a diagnostic has run already. */
import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server'
import { endlessOf } from '../docker-cli/endless.ts'
import { knownCommand } from '../docker-cli/risks.ts'
import { startDocker, type DockerCli } from '../programs/docker.ts'
import type { Sandboxed } from '../programs/sandbox.ts'
import { cleanLine } from '../shared/clean.ts'
import { readRefusal } from './refusal.ts'
import { answerResult, PAGE, refusedResult, toldResult, usageResult, workResult } from './result.ts'
import type { Answer } from './answer.ts'
import type { DockerSession, Surface } from './surface.ts'
import { Work } from './running-command.ts'
import { MOST_AT_WORK, type Works } from './works.ts'

/** Milliseconds that a call is held: some agents give up after 60 s. */
const HOLD = 50_000
/** Milliseconds that a read may take. */
const LONGEST_READ = 45_000
/** Milliseconds that what changes something may take. */
const LONGEST = 15 * 60_000
/** Milliseconds between two notes of progress. */
const PROGRESS_INTERVAL = 250

export interface Door {
  readonly surface: Surface
  readonly works: Works
  readonly cli: DockerCli
}

export type Asked = { readonly line: string } | { readonly words: readonly string[] }

/** Runs a command and waits for its end, for a while. @param only what it must be: nothing else is run then */
export async function call(
  door: Door,
  asked: Asked,
  context: ServerContext,
  only?: 'diagnostic',
): Promise<CallToolResult> {
  const answer = await door.surface.run(asked, context.mcpReq.signal)
  switch (answer.do) {
    case 'answer':
      return answer.refusal === undefined ? answerResult(answer) : refusedResult(answer.refusal)
    case 'docker':
      if (only === undefined) return runDocker(door, answer, context)
      answer.end()
      return usageResult(
        'this is docker, not a diagnostic of the host: use docker_read, docker_write or docker_destroy',
      )
    case 'dial':
    case 'mcp':
      return usageResult('this opens a connection of its own and is not a command to run here')
  }
}

/** Whether a command line would be allowed. For docker the CLI itself has to say which calls it would make; none is done. */
export async function judge(
  { surface, cli }: Door,
  line: string,
  { mcpReq }: ServerContext,
): Promise<CallToolResult> {
  const answer = await surface.can(line, mcpReq.signal)
  if (answer.do === 'answer') return judged(answer)
  if (answer.do !== 'docker') return toldResult('allowed')
  let cancel = (): void => undefined
  try {
    const limits = { longest: LONGEST_READ, endWhenFull: true }
    const work = new Work(startSession(cli, answer), limits, () => undefined)
    cancel = () => work.end('cancelled')
    mcpReq.signal.addEventListener('abort', cancel, { once: true })
    await work.ended
    if (answer.verdict === undefined) throw new TypeError('a command that is only tried has a verdict')
    return judged(await answer.verdict(work.exit ?? 0))
  } finally {
    mcpReq.signal.removeEventListener('abort', cancel)
    answer.end()
  }
}

function judged({ exit, stdout, stderr }: Answer): CallToolResult {
  return toldResult(`${exit === 0 ? '' : 'not allowed; nothing was done\n'}${stdout}${stderr}`)
}

async function runDocker(
  { surface, works, cli }: Door,
  session: DockerSession,
  context: ServerContext,
): Promise<CallToolResult> {
  const command = knownCommand(session.arguments)
  const endless = command === undefined ? undefined : endlessOf(command)
  if (endless !== undefined) {
    session.end()
    return usageResult(`not run here: ${endless.why}. Instead: ${endless.instead}`)
  }
  const isRead = command?.risk === 'read'
  const limits = { longest: isRead ? LONGEST_READ : LONGEST, endWhenFull: isRead }
  const started = startIn(works, () => new Work(startSession(cli, session), limits, session.end), session)
  if (started === undefined)
    return usageResult(`${MOST_AT_WORK} commands are running already: wait until one has ended`)
  const result = await hold(started.work, started.id, 0, context)
  return (await refusalOf(surface, started.work)) ?? result
}

/** Starts the CLI of a session where this process is, with no input. */
function startSession(cli: DockerCli, session: DockerSession): Promise<Sandboxed> {
  const run = { ...session, isTried: session.verdict !== undefined, directory: process.cwd() }
  return startDocker(cli, run, ['none', 'pipe', 'pipe'])
}

/** Starts a program, or ends the session that it was to have. */
function startIn(works: Works, begin: () => Work, session: DockerSession): ReturnType<Works['start']> {
  let started: ReturnType<Works['start']>
  try {
    started = works.start(begin)
    return started
  } finally {
    if (started === undefined) session.end()
  }
}

/** Waits until a program has ended or printed a page, for a while, and tells what it printed. Giving up ends the program. */
export async function hold(
  work: Work,
  id: string,
  offset: number,
  { mcpReq }: ServerContext,
): Promise<CallToolResult> {
  const cancel = (): void => work.end('cancelled')
  mcpReq.signal.addEventListener('abort', cancel)
  const progress = tellProgress(work, mcpReq)
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, HOLD)
  try {
    if (mcpReq.signal.aborted) cancel()
    if (work.output.text.length - offset < PAGE) await Promise.race([work.ended, late])
    // A client hears no more of a call once it has its result.
    await progress.told()
    return workResult(work, id, offset)
  } finally {
    clearTimeout(timer)
    progress.stop()
    mcpReq.signal.removeEventListener('abort', cancel)
  }
}

interface Progress {
  /** Resolves when all that was told so far is on its way. */
  readonly told: () => Promise<void>
  readonly stop: () => void
}

/** Tells a client that asked for it what a program prints, line by line, not too often. */
function tellProgress(work: Work, { _meta, notify }: ServerContext['mcpReq']): Progress {
  const progressToken = _meta?.progressToken
  if (progressToken === undefined) return { told: () => Promise.resolve(), stop: () => undefined }
  let progress = 0
  let last = -Infinity
  let told = Promise.resolve()
  const stop = work.hear((line) => {
    const now = performance.now()
    const message = cleanLine(line, 200)
    if (message === '' || now - last < PROGRESS_INTERVAL) return
    last = now
    progress += 1
    const params = { progressToken, progress, message }
    // Who is gone needs no progress; that it is gone is seen elsewhere.
    told = notify({ method: 'notifications/progress', params }).catch(() => undefined)
  })
  return { told: () => told, stop }
}

/** The refusal that a command ended with, if its record is this worker's: programs can print such a text too. */
async function refusalOf(surface: Surface, { exit = 0, output }: Work): Promise<CallToolResult | undefined> {
  const found = exit === 0 ? undefined : readRefusal(output.text)
  if (found === undefined) return undefined
  const { refusal, others } = found
  return (await surface.hasRefused(refusal.record, refusal.rule)) ? refusedResult(refusal, others) : undefined
}
