/** A worker's command line: taken apart, decided, recorded, and answered. */
import { readCommand, type Command, type Written } from '../../decode/line/command.ts'
import { FOREIGN } from '../../decode/line/foreign.ts'
import { roughWords, withoutSecrets } from '../../decode/line/secrets.ts'
import { toldRefusal } from '../../filter/refusal.ts'
import { decideDockerWords } from '../../docker-cli/docker-words.ts'
import { localWork, type LocalWork } from '../../docker-cli/local-work.ts'
import { refuse } from '../../decide/refuse.ts'
import type { Refused } from '../../decide/verdict.ts'
import { isRecordId } from '../../record/id.ts'
import { recordRefusedLine, rightsOf } from '../../rights/decision.ts'
import { shorten } from '../../shared/refusal.ts'
import { answer, EXIT, failedAnswer, refusedAnswer, type Answer, type RunAnswer } from './answers.ts'
import { diagnose } from './diagnose.ts'
import type { Door } from '../../workers/caller.ts'
import type { Line } from './line.ts'
import { ownAbout } from './own-record.ts'
import { RehearsalRun } from './rehearsal.ts'
import { TooManySessions, type Session } from './sessions.ts'
import { helpText, whoAmI, whyText } from './reply-text.ts'

/** An answer, with the session that it names: that lives as long as its caller holds the response. */
export interface Run {
  readonly answer: RunAnswer
  readonly session?: Session
  readonly rehearsal?: RehearsalRun
}

/** Runs a line. What is wrong with it is an answer. @throws {Ended} @throws {StoreUnavailable} where it can't be recorded */
export async function runLine(line: Line, written: Written): Promise<Run> {
  const command = readCommand(written)
  switch (command.kind) {
    case 'docker':
      return docker(line, command.words, undefined)
    case 'can':
      return can(line, command.command, written)
    case 'program':
      return { answer: await diagnose(line, command.words) }
    case 'foreign':
    case 'help':
    case 'mcp':
    case 'unreadable':
    case 'whoami':
    case 'why':
      return { answer: await ownAnswer(line, command, written) }
  }
}

type OwnCommand = Exclude<Command, { kind: 'docker' | 'can' | 'program' }>

async function ownAnswer(line: Line, command: OwnCommand, written: Written): Promise<RunAnswer> {
  const { caller, record, share } = line
  const { worker } = rightsOf(caller)
  switch (command.kind) {
    case 'mcp':
      return { do: 'mcp' }
    case 'whoami':
      return answer(whoAmI(worker).text)
    case 'help':
      return {
        ...answer(helpText(worker)),
        exit: 'line' in written && written.line.trim() === '' ? EXIT.usage : 0,
      }
    case 'why': {
      const entries = isRecordId(command.record)
        ? await ownAbout(record, share, worker.name, command.record)
        : []
      if (entries.length > 0) return answer(caller.identity.space.inWords(whyText(entries, worker.name)))
      return failedAnswer(
        'there is no such record of this worker lately; write why and the 12 characters',
        EXIT.usage,
      )
    }
    case 'foreign': {
      const what = textOf(written)
      return refused(line, refuse('line', 'line', what, FOREIGN[command.backend]), wordsOf(written))
    }
    case 'unreadable': {
      const refusal = refuse('line', 'line', textOf(written), {
        why: command.why,
        instead: insteadOf(command.why, caller.door),
      })
      return refused(line, refusal, wordsOf(written))
    }
  }
}

/** What to write for a line that can't be read. Over SSH quotes are mostly there, and the client's shell has taken them. */
function insteadOf(why: string, door: Door): readonly string[] {
  if (!why.includes("'...'")) return ['docker ps', 'whoami']
  return door === 'ssh'
    ? [`ssh HOST 'docker run IMAGE sh -c "a; b"': your own shell takes the outer quotes away`]
    : ['docker_write with each word by itself: ["run", "IMAGE", "sh", "-c", "a; b"]']
}

/** Runs a docker command in a session, or tries it where there is a rehearsal. */
async function docker(
  line: Line,
  words: readonly string[],
  rehearsal: RehearsalRun | undefined,
): Promise<Run> {
  const { caller, sessions } = line
  const { worker } = rightsOf(caller)
  const decided = decideDockerWords(worker, words, worker.socket.path)
  if (decided.effect === 'refuse') return { answer: await refused(line, decided, ['docker', ...words]) }
  if (decided.effect === 'dial' && rehearsal !== undefined)
    return { answer: answer('allowed: each call is decided\n') }
  const local = rehearsal === undefined ? undefined : localWork(words)
  if (local !== undefined) return { answer: answerUntried(local) }
  try {
    const session = await sessions.open({ ...caller, rehearsal }, worker.docker.connections)
    const { socket } = session
    if (decided.effect === 'dial') return { answer: { do: 'dial', socket }, session }
    const { binds } = worker.docker.run
    const found = { do: 'docker', socket, arguments: decided.words, binds } as const
    if (rehearsal === undefined) return { answer: found, session }
    return { answer: { ...found, verdict: `/dockgate/verdict/${rehearsal.id}` }, session, rehearsal }
  } catch (cause) {
    if (!(cause instanceof TooManySessions)) throw cause
    return { answer: failedAnswer(`${cause.message}; wait until one has ended`, EXIT.unavailable) }
  }
}

/** What the CLI does on its own files, no rehearsal of calls holds back: so it is not run. */
function answerUntried(local: LocalWork): Answer {
  return local.isGiven
    ? answer(`allowed: ${local.what}, and was not run. Calls that it makes are decided one by one.\n`)
    : failedAnswer(`${local.what}, so it can't be tried with that: leave it out`, EXIT.usage)
}

async function can(line: Line, command: Command, written: Written): Promise<Run> {
  const rehearsal = new RehearsalRun()
  const tried = { ...line, caller: { ...line.caller, rehearsal } }
  switch (command.kind) {
    case 'docker':
      return docker(tried, command.words, rehearsal)
    case 'program':
      return { answer: await diagnose(tried, command.words) }
    case 'foreign':
    case 'unreadable':
      return { answer: await ownAnswer(tried, command, written) }
    case 'can':
    case 'help':
    case 'mcp':
    case 'whoami':
    case 'why':
      return { answer: answer('allowed\n') }
  }
}

/** Records a line that is refused as such, and tells it. */
async function refused(line: Line, verdict: Refused, words: readonly string[]): Promise<Answer> {
  const record = await recordRefusedLine(line, { kind: 'command', words }, verdict)
  const exit = verdict.refusal.rule === 'line' ? EXIT.usage : EXIT.refused
  return refusedAnswer(toldRefusal(verdict, record.id, line.caller.identity.name), exit)
}

/** What was typed, as far as it is told again. */
function textOf(written: Written): string {
  return shorten(withoutSecrets(wordsOf(written), () => '...').join(' '), 200)
}

function wordsOf(written: Written): readonly string[] {
  return 'line' in written ? roughWords(written.line) : written.words
}
