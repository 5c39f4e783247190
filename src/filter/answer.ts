/** The engine's answer to what this worker may see: a stream that holds nothing else passes, everything else is read and rebuilt. */
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Operation, OperationKind } from '../decode/operation.ts'
import { readWhole } from '../engine/engine.ts'
import { emptyReply, errorReply, type Reply, type ReplyHeaders } from '../engine/reply.ts'
import type { Permit } from '../decide/verdict.ts'
import { noSuchVolume } from '../decide/volume.ts'
import { splitLines } from '../world/lines.ts'
import { inTurns } from '../schedule/in-turns.ts'
import type { Share, Steps } from '../schedule/scheduler.ts'
import { listOf, objectOf, textOf, textsOf } from '../shared/json-value.ts'
import { cleanMessage, withoutDataRoot } from './errors.ts'
import { asksInside, filterEvent } from './events.ts'
import { filterHistory, filterImage, filterImages } from './images.ts'
import { redactContainer } from './inspect.ts'
import { parseSteps, stringifySteps } from './json-steps.ts'
import { filterContainers, filterDiskUsage, filterNetwork, filterNetworks, filterVolumes } from './lists.ts'
import { filterInfo, type Counts } from './system.ts'
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
  counts: () => Counts,
  share: Share,
  dataRoot: string,
): Promise<Reply> {
  const status = answer.statusCode ?? 502
  if (status >= 400) {
    const message = await readWhole(answer, LARGEST_ERROR)
    await share.turn()
    return errorReply(status, cleanMessage(message, dataRoot, view.container))
  }
  if (status === 204 || status === 304) {
    answer.resume()
    return emptyReply(status)
  }
  const transform = transformOf(permit, view, counts)
  if (transform === 'stream') return { kind: 'stream', status, headers: headersOf(answer), body: answer }
  if (transform === 'followed') {
    const body = Readable.from(withoutDataRoot(inTurns(share, answer), dataRoot), { objectMode: false })
    return { kind: 'stream', status, headers: headersOf(answer), body }
  }
  // Read whole, a short answer goes out in one write.
  if (transform === 'whole') {
    return { kind: 'whole', status, headers: headersOf(answer), body: await readWhole(answer, LARGEST_JSON) }
  }
  if (transform === 'events') {
    const { operation } = permit
    const byInside = operation.kind === 'system.events' && asksInside(operation.parameters.filters)
    return {
      kind: 'stream',
      status,
      headers: headersOf(answer),
      body: Readable.from(visibleEvents(answer, view, byInside, share), { objectMode: false }),
    }
  }
  const whole = await readWhole(answer, LARGEST_JSON)
  await share.turn()
  const json = await share.run(parseSteps(whole.toString()))
  if (permit.operation.kind === 'volume.inspect' && !view.volume(objectOf(json)))
    return errorReply(404, noSuchVolume(permit.operation.volume))
  const body = await share.run(transformed(json, transform))
  return { kind: 'whole', status, headers: { 'Content-Type': 'application/json' }, body }
}

/** What may be seen, as text; of a list element by element. */
function* transformed(json: unknown, transform: (json: unknown) => unknown): Steps<string> {
  if (!Array.isArray(json)) return yield* stringifySteps(transform(json))
  const seen: unknown[] = []
  for (const element of json) {
    yield
    seen.push(...listOf(transform([element])))
  }
  return yield* stringifySteps(seen)
}

type Transform = 'stream' | 'followed' | 'whole' | 'events' | ((json: unknown) => unknown)

/** What holds nothing of others; what is followed is looked at for the images that it tells of (settle/images.ts). A kind that is in no list is none: the type checker asks for its treatment. */
const PASSED = {
  'container.archive-get': 'stream',
  'container.archive-put': 'stream',
  'container.archive-stat': 'whole',
  'container.attach': 'stream',
  'container.attach-ws': 'stream',
  'container.changes': 'whole',
  'container.export': 'stream',
  'container.kill': 'stream',
  'container.logs': 'stream',
  'container.pause': 'stream',
  'container.prune': 'stream',
  'container.remove': 'stream',
  'container.rename': 'stream',
  'container.resize': 'stream',
  'container.restart': 'stream',
  'container.start': 'stream',
  'container.stats': 'stream',
  'container.stop': 'stream',
  'container.top': 'stream',
  'container.unpause': 'stream',
  'container.update': 'stream',
  'container.wait': 'stream',
  'exec.inspect': 'stream',
  'exec.resize': 'stream',
  'exec.start': 'stream',
  'image.build': 'followed',
  'image.import': 'followed',
  'image.load': 'followed',
  'image.prune': 'stream',
  'image.pull': 'followed',
  'image.push': 'followed',
  'image.remove': 'whole',
  'image.save': 'stream',
  'image.search': 'stream',
  'image.tag': 'whole',
  'build.prune': 'stream',
  'network.connect': 'stream',
  'network.disconnect': 'stream',
  'network.prune': 'stream',
  'network.remove': 'stream',
  'system.ping': 'stream',
  'system.version': 'stream',
  'volume.prune': 'stream',
  'volume.remove': 'stream',
} as const satisfies Partial<Record<OperationKind, Transform>>

function isPassed(operation: Operation): operation is Extract<Operation, { kind: keyof typeof PASSED }> {
  return Object.hasOwn(PASSED, operation.kind)
}

function transformOf(permit: Permit, view: View, counts: () => Counts): Transform {
  const { operation } = permit
  if (isPassed(operation)) return PASSED[operation.kind]
  switch (operation.kind) {
    case 'container.list':
      // The list was asked for by full ids: where everything of each may be seen, there is nothing to leave out.
      return permit.on === 'list' && permit.containers.every(view.inspectable)
        ? 'whole'
        : (json) => filterContainers(json, view)
    case 'container.inspect':
      return permit.on === 'container' && permit.view === 'full'
        ? 'whole'
        : (json) => redactContainer(objectOf(json))
    case 'container.create':
      return (json) => ({ Id: textOf(objectOf(json)['Id']), Warnings: textsOf(objectOf(json)['Warnings']) })
    case 'image.list':
      return (json) => filterImages(json, view, operation.parameters.filters?.has('reference'))
    case 'image.inspect':
      return (json) => filterImage(json, view)
    case 'image.history':
      return (json) => filterHistory(json, view)
    case 'network.create':
      return (json) => ({ Id: textOf(objectOf(json)['Id']), Warning: '' })
    case 'network.inspect':
      return (json) => filterNetwork(objectOf(json), view)
    case 'container.commit':
    case 'container.exec':
      return (json) => ({ Id: textOf(objectOf(json)['Id']) })
    case 'volume.create':
    case 'volume.inspect':
      return (json) => json
    case 'network.list':
      return (json) => filterNetworks(json, view, operation.parameters.filters?.has('label'))
    case 'volume.list':
      return (json) => filterVolumes(json, view)
    case 'system.df':
      return (json) => filterDiskUsage(json, view)
    case 'system.info':
      return (json) => filterInfo(json, counts())
    case 'system.events':
      return 'events'
  }
}

/** What an engine tells of a file in a container: base64 of JSON. */
const PATH_STAT = 'x-docker-container-path-stat'

/** Headers that reach the worker: what the body is, and of a container's file what it is, no more. */
function headersOf(answer: IncomingMessage): ReplyHeaders {
  const type = answer.headers['content-type']
  const stat = answer.headers[PATH_STAT]
  return {
    ...(type === undefined ? {} : { 'Content-Type': type }),
    ...(typeof stat === 'string' ? { 'X-Docker-Container-Path-Stat': stat } : {}),
  }
}

async function* visibleEvents(
  answer: IncomingMessage,
  view: View,
  byInside: boolean,
  share: Share,
): AsyncGenerator<string> {
  for await (const line of inTurns(share, splitLines(answer, LONGEST_EVENT))) {
    const event = filterEvent(JSON.parse(line), view, byInside)
    if (event !== undefined) yield `${JSON.stringify(event)}\n`
  }
}
