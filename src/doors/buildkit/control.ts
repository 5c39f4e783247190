/** What is asked about builds as a whole (api/services/control): most of it is answered by what is the worker's, and that is nothing. */
import { connectSession, inConversation, solveBuild } from '../../builds.ts'
import { buildkitInfo, buildStatus, listWorkers } from '../../engine/questions/builds.ts'
import {
  infoResponse,
  listWorkersResponse,
  nothing,
  solveRequest,
  statusRequest,
  statusResponse,
  type StatusResponse,
  type WorkerRecord,
} from '../../decode/buildkit/control.ts'
import type { Finding } from '../../decode/fields.ts'
import {
  readBuildSession,
  readBuildSolve,
  requireId,
  sessionHeaders,
} from '../../decode/operations/buildkit.ts'
import type { Metadata } from '../../grpc/client.ts'
import { outcomeOf, tellerFor } from './answers.ts'
import { answerTo, plainRequest, requestOf, type Method } from './conversation.ts'
import { MessageDuplex } from './message-duplex.ts'

/** Tells where a host is reached from steps; others of an engine's labels switch on what is not given (cmd/buildx). */
const LABELS = ['org.mobyproject.buildkit.worker.moby.host-gateway-ip']

export function toldWorker(worker: WorkerRecord): WorkerRecord {
  return { ...worker, Labels: new Map([...worker.Labels].filter(([name]) => LABELS.includes(name))) }
}

const listBuilders: Method = async (conversation, call) => {
  const { record } = await answerTo(conversation, listWorkers(), listWorkersResponse)
  await call.write(listWorkersResponse.encode({ record: record.map(toldWorker) }))
}

const info: Method = async (conversation, call) => {
  await call.write(infoResponse.encode(await answerTo(conversation, buildkitInfo(), infoResponse)))
}

/** Nothing is kept by an engine that is told to be one worker's, nor is its history. */
const nothingThere: Method = async (_conversation, call) => call.write(nothing.encode({}))
const noneThere: Method = () => Promise.resolve()

const solve: Method = async ({ asking, connection }, call) => {
  const findings: Finding[] = []
  const asked = await requestOf(call, solveRequest, { findings, unknown: 'error' })
  const operation = readBuildSolve(asked, findings)
  await call.write(await outcomeOf(asking, solveBuild(asking, operation, findings, connection)))
}

const status: Method = async ({ asking, connection }, call) => {
  const { Ref } = await plainRequest(call, statusRequest)
  requireId('Ref', Ref)
  const { gate, caller } = asking
  // It may be asked before the build is: the engine waits for that itself.
  const ref = gate.builds.namesOf(caller.identity.name).refs.of(Ref)
  const under = await connection.ask(buildStatus(ref))
  asking.gone.whenOver(() => under.cancel())
  const tell = tellerFor(asking)
  for (let said = await under.messages.next(); said !== undefined; said = await under.messages.next()) {
    const read = statusResponse.decode(said, { findings: [], unknown: 'left out' })
    await call.write(statusResponse.encode(toldStatus(read, tell)))
  }
  const failed = await under.ended()
  if (failed !== undefined) throw failed
}

/** What steps print passes as it is. */
function toldStatus(read: StatusResponse, tell: (text: string) => string): StatusResponse {
  return {
    ...read,
    vertexes: read.vertexes.map((one) => ({ ...one, name: tell(one.name), error: tell(one.error) })),
    statuses: read.statuses.map((one) => ({ ...one, ID: tell(one.ID), name: tell(one.name) })),
    warnings: read.warnings.map((one) => ({ ...one, short: Buffer.from(tell(one.short.toString())) })),
  }
}

/** A session in a call: so do clients that build several things at once (bake, compose). */
const session: Method = async ({ asking, failed }, call) => {
  const findings: Finding[] = []
  const operation = readBuildSession(sessionHeaders.read(headersOf(call.metadata), '', findings))
  const client = new MessageDuplex(call)
  await outcomeOf(
    asking,
    connectSession(asking, { decoded: inConversation(operation, findings) }, () => client, failed),
  )
  await client.over
}

/** The headers of a session, as metadata has them. */
function headersOf(metadata: Metadata): Map<string, string> {
  const names = Object.keys(sessionHeaders.children)
  return new Map(
    names.flatMap((name) => {
      const values = metadata.filter(([given]) => given === name.toLowerCase()).map(([, value]) => value)
      return values.length === 0 ? [] : [[name, values.join(',')] as const]
    }),
  )
}

const AT = '/moby.buildkit.v1.Control/'

export const CONTROL: readonly (readonly [string, Method])[] = [
  [`${AT}ListWorkers`, listBuilders],
  [`${AT}Info`, info],
  [`${AT}DiskUsage`, nothingThere],
  [`${AT}Prune`, noneThere],
  [`${AT}ListenBuildHistory`, noneThere],
  [`${AT}UpdateBuildHistory`, nothingThere],
  [`${AT}Solve`, solve],
  [`${AT}Status`, status],
  [`${AT}Session`, session],
]
