/** A question to the engine whose answer is read whole. */
import type { Until } from '../shared/ending.ts'
import type { Asker } from './call-engine.ts'
import type { EncodedRequest } from './encoded.ts'
import { EngineUnavailable, readWhole } from './engine.ts'

/** Milliseconds for the body of an answer, at least: engines send one when it is ready. */
const BODY_LIMIT = 60_000

export interface Bounds {
  /** Milliseconds until the answer begins, and, where that is more than a minute, until it is there. */
  readonly limit: number
  /** Bytes that it may have. */
  readonly most: number
  readonly until?: Until | undefined
}

export interface Asked {
  readonly status: number
  readonly text: string
}

/** @throws {EngineUnavailable} */
export async function ask(
  engine: Asker,
  request: EncodedRequest,
  { limit, most, until }: Bounds,
): Promise<Asked> {
  const answer = await engine.send(request, limit, until)
  const body = await readWhole(answer, most, Math.max(limit, BODY_LIMIT))
  return { status: answer.statusCode ?? 502, text: body.toString() }
}

/** The JSON of an answer that is 200; undefined where the engine gives another. @throws {EngineUnavailable} */
export async function askJsonOrNothing(
  engine: Asker,
  request: EncodedRequest,
  bounds: Bounds,
): Promise<unknown> {
  const { status, text } = await ask(engine, request, bounds)
  return status === 200 ? JSON.parse(text) : undefined
}

/** The JSON of an answer that must be 200. @throws {EngineUnavailable} */
export async function askJson(engine: Asker, request: EncodedRequest, bounds: Bounds): Promise<unknown> {
  const { status, text } = await ask(engine, request, bounds)
  if (status !== 200) throw new EngineUnavailable(`the engine answers ${status} to ${request.path}`)
  return JSON.parse(text)
}
