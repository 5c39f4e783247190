/** What a client asks of BuildKit for a build as a whole (api/services/control/control.proto), and what is answered. */
import { bytes, choice, flag, int32, int64, text } from '../protobuf/kinds.ts'
import {
  dictionary,
  given,
  leftOut,
  limited,
  maybe,
  message,
  refused,
  rewritten,
  several,
  type Said,
} from '../protobuf/message.ts'
import { platform, progressGroup, range, sourceInfo } from './llb.ts'

export const RAW = 'a graph of its own would be carried out unseen'
export const BUILD = 'docker build, with a Dockerfile'
export const SOURCES = 'it changes what the engine takes images from'
export const BELIEVED = 'what it says would be believed for all builds of the engine'

const timestamp = message('Timestamp', { seconds: given(1, int64), nanos: given(2, int32) })

const cacheEntry = message('CacheOptionsEntry', { Type: given(1, text), Attrs: dictionary(2, text) })

const cacheOptions = message('CacheOptions', {
  ExportRefDeprecated: refused(1, 'a cache is kept in images alone', '--cache-to type=inline'),
  ImportRefsDeprecated: leftOut(2, BELIEVED),
  ExportAttrsDeprecated: leftOut(3, 'it belongs to what is refused'),
  Exports: limited(several(4, cacheEntry), 'inline alone'),
  Imports: leftOut(5, BELIEVED),
})

const exporter = message('Exporter', {
  Type: limited(given(1, text), 'moby, image, local or tar'),
  Attrs: limited(dictionary(2, text), 'names are given by the gate'),
})

const policyRule = message('Rule', {
  action: given(1, choice('allow', 'deny', 'convert')),
  selector: maybe(
    2,
    message('Selector', {
      identifier: given(1, text),
      match_type: given(2, choice('wildcard', 'exact', 'regex')),
    }),
  ),
  updates: maybe(3, message('Update', { identifier: given(1, text) })),
})
/** Which sources an engine takes (sourcepolicy/pb/policy.proto). */
const sourcePolicy = message('Policy', { version: given(1, int64), rules: several(2, policyRule) })
export type SourcePolicy = Said<typeof sourcePolicy>

export const solveRequest = message('SolveRequest', {
  Ref: rewritten(given(1, text), 'one of the gate’s own'),
  Definition: refused(2, RAW, BUILD),
  ExporterDeprecated: limited(given(3, text), 'as of Exporters'),
  ExporterAttrsDeprecated: limited(dictionary(4, text), 'as of Exporters'),
  Session: rewritten(given(5, text), 'one of the gate’s own'),
  Frontend: refused(6, 'an engine would carry out what comes out of it unseen', BUILD),
  FrontendAttrs: limited(dictionary(7, text), 'options of docker build'),
  Cache: maybe(8, cacheOptions),
  Entitlements: refused(9, 'they open the host’s network, or all of it', 'docker build without --allow'),
  FrontendInputs: refused(10, RAW, BUILD),
  Internal: given(11, flag),
  SourcePolicy: refused(12, SOURCES),
  Exporters: limited(several(13, exporter), 'one at most'),
  EnableSessionExporter: refused(14, 'the result goes where the command says'),
  SourcePolicySession: refused(15, SOURCES),
  CompatibilityVersion: leftOut(16, 'the engine has its own'),
  ProxyNetwork: refused(17, 'it is a way through the host’s network'),
})
export type SolveRequest = Said<typeof solveRequest>

/** As the gate sends it. */
export const solveSent = message('SolveRequest', {
  Ref: given(1, text),
  Session: given(5, text),
  Cache: maybe(8, message('CacheOptions', { Exports: several(4, cacheEntry) })),
  Internal: given(11, flag),
  SourcePolicy: maybe(12, sourcePolicy),
  Exporters: several(13, exporter),
})
export type SolveSent = Said<typeof solveSent>

export const solveResponse = message('SolveResponse', { ExporterResponse: dictionary(1, text) })

export const statusRequest = message('StatusRequest', {
  Ref: rewritten(given(1, text), 'one of the gate’s own'),
})

const vertex = message('Vertex', {
  digest: given(1, text),
  inputs: several(2, text),
  name: given(3, text),
  cached: given(4, flag),
  started: maybe(5, timestamp),
  completed: maybe(6, timestamp),
  error: given(7, text),
  progressGroup: maybe(8, progressGroup),
})
const vertexStatus = message('VertexStatus', {
  ID: given(1, text),
  vertex: given(2, text),
  name: given(3, text),
  current: given(4, int64),
  total: given(5, int64),
  timestamp: maybe(6, timestamp),
  started: maybe(7, timestamp),
  completed: maybe(8, timestamp),
})
const vertexLog = message('VertexLog', {
  vertex: given(1, text),
  timestamp: maybe(2, timestamp),
  stream: given(3, int64),
  msg: given(4, bytes),
})
const vertexWarning = message('VertexWarning', {
  vertex: given(1, text),
  level: given(2, int64),
  short: given(3, bytes),
  detail: several(4, bytes),
  url: given(5, text),
  info: maybe(6, sourceInfo),
  ranges: several(7, range),
})
export const statusResponse = message('StatusResponse', {
  vertexes: several(1, vertex),
  statuses: several(2, vertexStatus),
  logs: several(3, vertexLog),
  warnings: several(4, vertexWarning),
})
export type StatusResponse = Said<typeof statusResponse>

export const bytesMessage = message('BytesMessage', { data: given(1, bytes) })
/** What has nothing in it that is looked at. */
export const nothing = message('Empty', {})

const buildkitVersion = message('BuildkitVersion', {
  package: given(1, text),
  version: given(2, text),
  revision: given(3, text),
  dockerfileVersion: given(4, text),
})
/** Labels and rules of what is kept are the engine's (api/types/worker.proto). */
export const workerRecord = message('WorkerRecord', {
  ID: given(1, text),
  Labels: limited(dictionary(2, text), 'org.mobyproject.buildkit.worker.moby.host-gateway-ip alone'),
  platforms: several(3, platform),
  GCPolicy: leftOut(4, 'what is kept is the operator’s'),
  BuildkitVersion: maybe(5, buildkitVersion),
  CDIDevices: leftOut(6, 'devices are the host’s'),
})
export type WorkerRecord = Said<typeof workerRecord>
export const listWorkersResponse = message('ListWorkersResponse', { record: several(1, workerRecord) })
export const infoResponse = message('InfoResponse', { buildkitVersion: maybe(1, buildkitVersion) })
