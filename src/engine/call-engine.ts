/** The engine for one call of a worker: nothing goes out but by what the policy gives at that very moment. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { OutgoingCall } from '../grpc/client.ts'
import type { BuildLink } from './build-link.ts'
import type { EncodedCall, EncodedRequest } from './encoded.ts'
import type { Until } from '../shared/ending.ts'
import { NotSent, type Engine, type Upgraded } from './engine.ts'

/** What a call may send by. */
export interface Standing {
  /** Whether the policy that the call was decided by is in force. */
  readonly inForce: boolean
  /** Resolves when it is, where need be after another decision. @throws where that refuses */
  readonly renew: () => Promise<void>
  /** For what goes on by the right from now on: over when that ends. */
  readonly untilEnded: () => Until
  /** The same, and over when the client goes away. */
  readonly untilGone: () => Until
}

/** Whoever does something for a worker has this, and not the engine itself. */
export class CallEngine {
  readonly #engine: Engine
  readonly #standing: Standing

  constructor(engine: Engine, standing: Standing) {
    this.#engine = engine
    this.#standing = standing
  }

  /** For what is waited for as long as the right is there. */
  untilEnded(): Until {
    return this.#standing.untilEnded()
  }

  /** For what goes on as long as the right is there, and the client. */
  untilGone(): Until {
    return this.#standing.untilGone()
  }

  /** As `Engine.send`. @throws {EngineUnavailable} and what `renew` throws */
  send(
    encoded: EncodedRequest,
    limit: number | undefined,
    until?: Until,
    content?: Readable,
  ): Promise<IncomingMessage> {
    return this.#whileInForce((mayGo) => this.#engine.send(encoded, limit, until, content, mayGo))
  }

  /** As `Engine.upgrade`. @throws {EngineUnavailable} and what `renew` throws */
  upgrade(encoded: EncodedRequest, until?: Until): Promise<Upgraded> {
    return this.#whileInForce((mayGo) => this.#engine.upgrade(encoded, until, mayGo))
  }

  /** Calls BuildKit by a connection that is there. @throws {GrpcError} and what `renew` throws */
  async call(link: BuildLink, encoded: EncodedCall): Promise<OutgoingCall> {
    do await this.#standing.renew()
    while (!this.#standing.inForce)
    return link.call(encoded)
  }

  async #whileInForce<Answer>(send: (mayGo: () => boolean) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      await this.#standing.renew()
      try {
        return await send(() => this.#standing.inForce)
      } catch (cause) {
        if (!(cause instanceof NotSent)) throw cause
      }
    }
  }
}

/** Who may ask an engine what is there. */
export type Asker = Engine | CallEngine
