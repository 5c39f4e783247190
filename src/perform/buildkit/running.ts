/** Builds of a worker that go on: what came of their Dockerfiles, by names that only the gate gives. */
import type { Result } from '../../decode/buildkit/gateway.ts'
import { CODE, GrpcError } from '../../grpc/status.ts'
import type { WorkerPolicy } from '../../policy/policy.ts'
import type { Violation } from '../../decide/refuse.ts'
import { newId } from '../../world/builds.ts'
import type { Identity } from '../../workers/identity.ts'

type Check = (worker: WorkerPolicy) => readonly Violation[]

/** What a build is told by, as far as it goes on by a right. */
interface Holding {
  alsoHolds(check: Check): void
}

/** Results of one build. */
const MOST_RESULTS = 1_000

export class RunningBuild {
  readonly #results = new Map<string, { readonly id: string; readonly metadata: Result['metadata'] }>()
  readonly #checks: Check[] = []
  #right: Holding | undefined

  get hasBegun(): boolean {
    return this.#right !== undefined
  }

  /** The build itself goes on by this right, and so do the graphs in it. */
  begin(right: Holding): void {
    this.#right = right
    for (const check of this.#checks) right.alsoHolds(check)
  }

  /** What has to hold for as long as the build goes on. */
  holds(check: Check): void {
    this.#checks.push(check)
    this.#right?.alsoHolds(check)
  }

  /** Gives a result of the engine's a name. @param metadata what came with it */
  give(id: string, metadata: Result['metadata']): string {
    if (this.#results.size >= MOST_RESULTS)
      throw new GrpcError(CODE.exhausted, `a build has ${MOST_RESULTS} results at most`)
    const own = newId()
    this.#results.set(own, { id, metadata })
    return own
  }

  /** The engine's name of a result. @throws {GrpcError} for one that this build has not */
  result(own: string): string {
    return this.#of(own).id
  }

  /** What came with a result. @throws {GrpcError} */
  metadata(own: string): Result['metadata'] {
    return this.#of(own).metadata
  }

  #of(own: string) {
    const found = this.#results.get(own)
    if (found === undefined) throw new GrpcError(CODE.notFound, 'this build has no such result')
    return found
  }
}

const BUILDS = new WeakMap<Identity, Map<string, RunningBuild>>()
/** Of builds that were named and never began. */
const MOST_BUILDS = 256

/** The build that the engine knows by this name; made where it is first named, as calls come in any order. */
export function runningBuild(identity: Identity, ref: string): RunningBuild {
  const builds = BUILDS.get(identity) ?? new Map<string, RunningBuild>()
  BUILDS.set(identity, builds)
  const known = builds.get(ref)
  if (known !== undefined) return known
  if (builds.size >= MOST_BUILDS) for (const [one, { hasBegun }] of builds) if (!hasBegun) builds.delete(one)
  const build = new RunningBuild()
  builds.set(ref, build)
  return build
}

export function forgetBuild(identity: Identity, ref: string): void {
  BUILDS.get(identity)?.delete(ref)
}
