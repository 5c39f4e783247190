/** The engine's answer to what this worker may see: content passes, everything else is read, and built from known fields. */
import type { IncomingMessage } from 'node:http'
import { Readable, pipeline as joinStreams } from 'node:stream'
import type { Permit } from '../decide/verdict.ts'
import type { Filters } from '../decode/query.ts'
import { noSuchVolume } from '../decide/volume.ts'
import { readWhole } from '../engine/engine.ts'
import { emptyReply, errorReply, type Reply, type ReplyHeaders } from '../engine/reply.ts'
import { inTurns } from '../schedule/in-turns.ts'
import type { Share, Steps } from '../schedule/scheduler.ts'
import { familiar } from '../decode/reference.ts'
import { objectOf } from '../shared/json-value.ts'
import { splitLines } from '../world/lines.ts'
import { answerTo, askedBy } from './answers.ts'
import { KEEP_ALL, keptNames, keptOfEvents, keptOfList } from './by-words.ts'
import { fileStat } from './answers/container.ts'
import { cleanMessage, PART_MISSING, withoutDataRoot } from './errors.ts'
import { asksInside, filterEvent } from './events.ts'
import type { Field } from './fields.ts'
import { parseExact, parseSteps, stringifySteps } from './json-steps.ts'
import { SavedArchive } from './saved-archive.ts'
import type { View } from './view.ts'

const LARGEST_JSON = 64 * 2 ** 20
/** An engine tells what is wrong by quoting it: as long as a body may be, and escaped. It is read in one go. */
const LARGEST_ERROR = 8 * 2 ** 20
/** Characters of an event: each stream reads every event of the engine. Labels that a worker gives have 64 Ki. */
const LONGEST_EVENT = 2 ** 19

/** Filters an answer. @throws {EngineUnavailable} if it breaks off */
export async function filterAnswer(
  permit: Permit,
  answer: IncomingMessage,
  view: View,
  share: Share,
  dataRoot: string,
): Promise<Reply> {
  const status = answer.statusCode ?? 502
  if (status >= 400) {
    const message = await readWhole(answer, LARGEST_ERROR)
    await share.turn()
    const cleaned = cleanMessage(message, dataRoot, view.container)
    return errorReply(statusOfError(permit, status, cleaned), cleaned)
  }
  if (status === 204 || status === 304) {
    answer.resume()
    return emptyReply(status)
  }
  const streamed = (pieces: AsyncIterable<string>): Reply => {
    const body = Readable.from(pieces, { objectMode: false })
    return { kind: 'stream', status, headers: headersOf(answer, view), body }
  }
  const asking = { ...view, ...(await keptOf(permit)), words: wordsFor(permit, view) }
  const filter = answerTo(permit.operation.kind, askedBy(permit))
  switch (filter.form) {
    case 'content':
      return {
        kind: 'stream',
        status,
        headers: headersOf(answer, view),
        body: contentOf(permit, answer, view),
      }
    case 'empty':
      answer.resume()
      return emptyReply(status, headersOf(answer, view))
    case 'awaited json':
      return streamed(awaited(answer, filter.told, view, share))
    case 'lines':
      return streamed(knownLines(answer, filter.told, asking, share, dataRoot))
    case 'events': {
      const { operation } = permit
      const byInside = operation.kind === 'system.events' && asksInside(operation)
      return streamed(visibleEvents(answer, asking, byInside, share))
    }
    case 'json': {
      const whole = await readWhole(answer, LARGEST_JSON)
      await share.turn()
      const read = await share.run(parseSteps(whole.toString()))
      if (permit.operation.kind === 'volume.inspect' && !view.volume(objectOf(read)))
        return errorReply(404, noSuchVolume(permit.operation.volume))
      const body = await share.run(told(read, filter.told, asking))
      return { kind: 'whole', status, headers: { 'Content-Type': 'application/json' }, body }
    }
  }
}

/** An engine's status, where it does not tell what a link in a volume leads to; of a file's state there is no text beside it. */
function statusOfError({ operation }: Permit, status: number, message: string): number {
  const isTelling = status === 400 && operation.kind === 'container.archive-stat'
  return isTelling || message.includes(PART_MISSING) ? 500 : status
}

const NONE: Filters = new Map()

/** What passes as it comes, but for names in an archive of images. */
function contentOf({ on }: Permit, answer: IncomingMessage, { words }: View): Readable {
  if (on !== 'save') return answer
  const archive = new SavedArchive(words)
  joinStreams(answer, archive, () => undefined)
  return archive
}

/** What is pulled by its digest is told by the tag that was asked for. */
function wordsFor(permit: Permit, { words }: View): View['words'] {
  if (permit.on !== 'pull' || permit.digest === undefined) return words
  const [pinned, asked] = [`${permit.name}@${permit.digest}`, `${permit.name}:${permit.tag}`].map(familiar)
  const image = (text: string): string =>
    words.image(text === pinned ? permit.tag : text.replaceAll(pinned ?? '', asked ?? ''))
  return { ...words, image }
}

/** What of a list or of events was asked for by names and labels. */
async function keptOf({ operation }: Permit): Promise<Pick<View, 'keep' | 'keepName'>> {
  const all = { keep: KEEP_ALL, keepName: () => true }
  if (!('byWords' in operation)) return all
  const { byWords = NONE } = operation
  if (operation.kind === 'system.events') return { ...all, keep: keptOfEvents(byWords) }
  const keep = await keptOfList(byWords, operation.kind === 'container.list' ? operation.most : undefined)
  return operation.kind === 'image.list' ? { keep, keepName: await keptNames(byWords) } : { ...all, keep }
}

/** What may be seen, as text; of a list element by element. Of what has not the form that is known, nothing is. */
function* told(json: unknown, { read, children }: Field, view: View): Steps<string> {
  const element = children['[]']
  if (element === undefined || !Array.isArray(json))
    return yield* stringifySteps(json === null ? null : read(json, view))
  const seen: unknown[] = []
  for (const one of json) {
    yield
    const known = element.read(one, view)
    if (known !== undefined) seen.push(known)
  }
  return yield* stringifySteps(seen)
}

async function* awaited(
  answer: IncomingMessage,
  field: Field,
  view: View,
  share: Share,
): AsyncGenerator<string> {
  const whole = await readWhole(answer, LARGEST_JSON)
  await share.turn()
  yield `${JSON.stringify(field.read(JSON.parse(whole.toString()), view))}\n`
}

/** Known fields of each line, without where the engine keeps things. */
async function* knownLines(
  answer: IncomingMessage,
  { read }: Field,
  view: View,
  share: Share,
  dataRoot: string,
): AsyncGenerator<string> {
  for await (const line of inTurns(share, splitLines(answer))) {
    const known = read(parseExact(withoutDataRoot(line, dataRoot)), view)
    if (known !== undefined) yield `${JSON.stringify(known)}${line.endsWith('\r') ? '\r\n' : '\n'}`
  }
}

/** What an engine tells of a file in a container: base64 of JSON. */
const PATH_STAT = 'x-docker-container-path-stat'

/** Headers that reach the worker: what the body is, and of a container's file what it is, no more. */
function headersOf(answer: IncomingMessage, view: View): ReplyHeaders {
  const type = answer.headers['content-type']
  const stat = answer.headers[PATH_STAT]
  return {
    ...(type === undefined ? {} : { 'Content-Type': type }),
    ...(typeof stat === 'string' ? { 'X-Docker-Container-Path-Stat': knownStat(stat, view) } : {}),
  }
}

function knownStat(stat: string, view: View): string {
  const read: unknown = JSON.parse(Buffer.from(stat, 'base64').toString())
  return Buffer.from(JSON.stringify(fileStat.read(read, view))).toString('base64')
}

async function* visibleEvents(
  answer: IncomingMessage,
  view: View,
  byInside: boolean,
  share: Share,
): AsyncGenerator<string> {
  for await (const line of inTurns(share, splitLines(answer, LONGEST_EVENT))) {
    const event = filterEvent(parseExact(line), view, byInside)
    if (event !== undefined && view.keep(event)) yield `${JSON.stringify(event)}\n`
  }
}
