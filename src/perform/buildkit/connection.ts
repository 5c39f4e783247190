/** The engine's end of a connection by which a worker asks BuildKit: made when it is first needed, and there as long as the right is. */
import type { BuildConnectionPermit } from '../../decide/verdict.ts'
import { encode } from '../../encode/encode.ts'
import { BuildLink } from '../../engine/build-link.ts'
import type { EncodedCall } from '../../engine/encoded.ts'
import { readWhole, type Hijacked } from '../../engine/engine.ts'
import { CODE, GrpcError } from '../../grpc/status.ts'
import type { OutgoingCall } from '../../grpc/client.ts'
import type { DockerCall, DockerRight } from '../../rights/docker-call.ts'
import type { Until } from '../../shared/ending.ts'

const LARGEST_ERROR = 2 ** 20
const NO_BUILDKIT = 'the engine has no BuildKit that it lets anybody ask'

export class BuildConnection {
  readonly #call: DockerCall
  readonly #right: DockerRight
  readonly #permit: BuildConnectionPermit
  #link: Promise<BuildLink> | undefined

  constructor(call: DockerCall, right: DockerRight, permit: BuildConnectionPermit) {
    this.#call = call
    this.#right = right
    this.#permit = permit
  }

  /** Asks one of the gate's own questions about what this worker may know. @throws {GrpcError | EngineUnavailable | RightEnded} */
  ask(question: EncodedCall): Promise<OutgoingCall> {
    return this.send(this.#right, question)
  }

  /** Sends what a right gives. @throws {GrpcError | EngineUnavailable | RightEnded} */
  async send({ engine }: DockerRight, encoded: EncodedCall): Promise<OutgoingCall> {
    this.#link ??= this.#open()
    return engine.call(await this.#link, encoded)
  }

  close(): void {
    this.#right.release()
    this.#link?.then(
      (link) => link.close(),
      () => undefined,
    )
  }

  async #open(): Promise<BuildLink> {
    return new BuildLink(await takeOver(this.#call, this.#right, this.#permit, NO_BUILDKIT))
  }
}

/**
 * Takes over one of BuildKit's connections to the engine.
 * @param why is told where the engine takes none of it @param gone gives it up @throws {GrpcError | EngineUnavailable | RightEnded}
 */
export async function takeOver(
  call: DockerCall,
  { engine }: DockerRight,
  permit: BuildConnectionPermit,
  why: string,
  gone?: Until,
): Promise<Hijacked> {
  const upgraded = await engine.upgrade(encode(permit, call.sending(undefined)), gone)
  if ('hijacked' in upgraded) return upgraded.hijacked
  await readWhole(upgraded.refused, LARGEST_ERROR)
  throw new GrpcError(CODE.unavailable, why)
}
