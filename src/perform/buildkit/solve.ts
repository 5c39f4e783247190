/** A build from its beginning to its end: what its client is asked and told meanwhile goes other ways. */
import { solveResponse } from '../../decode/buildkit/control.ts'
import type { SolvePermit } from '../../decide/verdict.ts'
import { encodeCall } from '../../encode/buildkit.ts'
import { answerOf } from '../../grpc/client.ts'
import { CODE, GrpcError } from '../../grpc/status.ts'
import type { DockerCall, DockerRight } from '../../rights/docker-call.ts'
import type { Change } from '../../record/store.ts'
import { Outcome } from '../../settle/outcome.ts'
import type { Claims } from '../../settle/claims.ts'
import { warnOf } from '../../shared/warn.ts'
import { giveNames } from '../names.ts'
import type { BuildConnection } from './connection.ts'
import { forgetBuild, runningBuild } from './running.ts'

/** What of an engine's answer is told. */
const TOLD = ['containerimage.digest', 'containerimage.config.digest', 'containerimage.descriptor']

/** @returns what is answered @throws {GrpcError | EngineUnavailable | RightEnded | StoreUnavailable} */
export async function solve(
  call: DockerCall,
  right: DockerRight,
  claims: Claims,
  permit: SolvePermit,
  connection: BuildConnection,
): Promise<Buffer> {
  const { gate } = call
  const { operation } = permit
  const { identity } = right
  const outcome = new Outcome(gate, right, permit, claims)
  const names = gate.builds.namesOf(identity.name)
  outcome.atEnd(names.refs.hold(operation.ref))
  outcome.atEnd(names.sessions.hold(operation.session))
  outcome.atEnd(() => forgetBuild(identity, operation.ref))
  outcome.atEnd(() => right.release())
  try {
    const images = await gate.sight.whenKnown()
    const before = images.question()
    const { cgroupParent } = gate.builds.saltsOf(identity.name)
    await gate.buildGroups.prepare(cgroupParent, right.worker.docker.run.limits)
    runningBuild(identity, operation.ref).begin(right)
    const under = await connection.send(right, encodeCall(permit))
    right.untilGone().whenOver(() => under.cancel())
    const answered = await answerOf(under)
    const { ExporterResponse: told } = solveResponse.decode(answered, { findings: [], unknown: 'left out' })
    const named = await take(call, right, permit, told.get('containerimage.digest'), before, outcome)
    outcome.ended(200, '')
    await gate.persist([]).catch(warnOf('recording an outcome'))
    const response = [...told].filter(([name]) => TOLD.includes(name))
    return solveResponse.encode({ ExporterResponse: new Map([...response, ...named]) })
  } catch (cause) {
    if (!(cause instanceof GrpcError)) outcome.broken(cause)
    // What the engine says can have values of arguments in it.
    else if (right.over === undefined) outcome.ended(500, `the build failed (${cause.code})`)
    throw right.over ?? cause
  }
}

/** The image becomes the worker's, where it was not here before, and gets its names. @throws {GrpcError} where it does not get them all */
async function take(
  { gate, connected }: DockerCall,
  right: DockerRight,
  { operation, tags }: SolvePermit,
  id: string | undefined,
  before: number,
  outcome: Outcome,
): Promise<readonly (readonly [string, string])[]> {
  if (operation.output.type !== 'image') return []
  if (id === undefined || !/^sha256:[0-9a-f]{64}$/.test(id))
    throw new GrpcError(CODE.internal, 'the engine does not tell which image it has made')
  const { name: worker } = right.worker
  const { ownership, sight } = gate
  await sight.look([id])
  const isNew = (await sight.whenKnown()).cameAfter(id, before)
  const changes: Change[] = []
  if (isNew && ownership.owner('image', id) === undefined)
    changes.push(ownership.settle(ownership.claimImage(worker, id)))
  outcome.add(changes)
  outcome.concerns(id)
  if (tags.length === 0) return []
  const named = await giveNames(gate, right, connected.facts.minor, id, tags, changes)
  outcome.add(named.changes)
  if (named.failed.length > 0) throw new GrpcError(CODE.refused, named.failed.join('; '))
  const { images } = right.identity.space
  return [['image.name', named.given.map((name) => images.inFull(name)).join(',')]]
}
