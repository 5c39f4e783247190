/** The worker's own surface, below /dockgate/ of its socket: command lines, what it may do, and its own record. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { JsonError, parseJson } from '../../decode/json.ts'
import { errorReply, jsonReply, type Reply } from '../../engine/reply.ts'
import type { Gate } from '../../gate.ts'
import type { Identity } from '../../workers/identity.ts'
import { isRecordId } from '../../record/id.ts'
import type { LiveRecord } from '../../record/live.ts'
import { Ended, rightsOf } from '../../rights/decision.ts'
import type { Share } from '../../schedule/scheduler.ts'
import { Ending, type Until } from '../../shared/ending.ts'
import { StoreUnavailable, toldUnavailable } from '../../record/errors.ts'
import { BodyTooLarge, BodyTooSlow, drain, readBody } from '../../http/body.ts'
import { sendReply } from '../send.ts'
import { asTried, BadRequest, readAudit, readRun } from './run-request.ts'
import { replyInWords } from '../../filter/refusal.ts'
import { ownAbout, ownRecent } from './own-record.ts'
import { surfacePath, type WorkerSurface } from './prefix.ts'
import type { RehearsalRun } from './rehearsal.ts'
import { runLine, type Run } from './run.ts'
import type { Sessions } from './sessions.ts'
import { ownEntry, whoAmI, whyText } from './reply-text.ts'

/** Bytes of a body. */
const LARGEST_BODY = 64 * 2 ** 10

export class Surface implements WorkerSurface {
  readonly #gate: Gate
  readonly #identity: Identity
  readonly #sessions: Sessions
  readonly #record: LiveRecord
  /** Commands that are being tried, by the id of their verdict. */
  readonly #rehearsals = new Map<string, RehearsalRun>()

  /** @param identity whose socket it is */
  constructor(gate: Gate, identity: Identity, sessions: Sessions, record: LiveRecord) {
    this.#gate = gate
    this.#identity = identity
    this.#sessions = sessions
    this.#record = record
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new Ending()
    response.once('close', () => gone.end())
    try {
      await this.#route(request, response, gone)
    } catch (cause) {
      const reply = failure(cause)
      if (reply === undefined) throw cause
      sendReply(reply, response)
    }
    drain(request)
  }

  async #route(request: IncomingMessage, response: ServerResponse, gone: Until): Promise<void> {
    const identity = this.#identity
    const share = this.#gate.scheduler.share(identity.name, gone.signal)
    await share.turn()
    gone.signal.throwIfAborted()
    const { path, query } = surfacePath(request.url ?? '')
    const [what = '', id = ''] = path
    switch (`${request.method} ${what}${'/'.repeat(path.length - 1)}`) {
      case 'POST run':
      case 'POST can': {
        const body = await readBody(request, LARGEST_BODY)
        await share.turn()
        const { written, ...from } = readRun(parseJson(body))
        const caller = { identity, ...from }
        const line = {
          gate: this.#gate,
          caller,
          sessions: this.#sessions,
          record: this.#record,
          gone,
          share,
        }
        return this.#send(await runLine(line, what === 'can' ? asTried(written) : written), response)
      }
      case 'GET whoami':
        return sendReply(jsonReply(200, whoAmI(rightsOf({ identity }).worker)), response)
      case 'GET audit': {
        const entries = await ownRecent(this.#record, share, identity.name, readAudit(query))
        const told = jsonReply(200, { entries: entries.map(ownEntry) })
        return sendReply(replyInWords(told, identity.space), response)
      }
      case 'GET why/':
        return sendReply(replyInWords(await this.#why(share, identity.name, id), identity.space), response)
      case 'GET verdict/': {
        const verdict = this.#rehearsals.get(id)?.verdict(Number(query.get('exit') ?? '0'))
        return sendReply(verdict === undefined ? NOT_FOUND : jsonReply(200, verdict), response)
      }
      default:
        return sendReply(NOT_FOUND, response)
    }
  }

  async #why(share: Share, worker: string, id: string): Promise<Reply> {
    const entries = isRecordId(id) ? await ownAbout(this.#record, share, worker, id) : []
    if (entries.length === 0) return errorReply(404, 'this worker has no such record lately')
    return jsonReply(200, { entries: entries.map(ownEntry), text: whyText(entries, worker) })
  }

  /** Sends an answer; a session lives until its caller lets go of the response. */
  #send({ answer, session, rehearsal }: Run, response: ServerResponse): void {
    if (session === undefined) return sendReply(jsonReply(200, answer), response)
    if (rehearsal !== undefined) this.#rehearsals.set(rehearsal.id, rehearsal)
    const end = (): void => {
      session.end()
      if (rehearsal !== undefined) this.#rehearsals.delete(rehearsal.id)
    }
    response.once('close', end)
    if (response.destroyed) return end()
    response.sendDate = false
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.write(`${JSON.stringify(answer)}\n`)
    void session.ended.then(() => response.end())
  }
}

const NOT_FOUND = errorReply(404, 'there are run, can, whoami, why/ID, audit and verdict/ID below /dockgate/')

/** What a client or the disk did wrong, as a reply; undefined for a fault of the gate's own. */
function failure(cause: unknown): Reply | undefined {
  if (cause instanceof BadRequest || cause instanceof JsonError) return errorReply(400, cause.message)
  if (cause instanceof Ended) return errorReply(403, cause.message)
  if (cause instanceof BodyTooLarge) return errorReply(413, cause.message)
  if (cause instanceof BodyTooSlow) return errorReply(408, cause.message)
  if (cause instanceof StoreUnavailable) return errorReply(503, toldUnavailable(cause))
  return undefined
}
