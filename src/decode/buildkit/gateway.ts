/** What a client asks for while a build goes on (frontend/gateway/pb/gateway.proto), and what is answered. */
import { bytes, flag, int32, int64, text, uint32 } from '../protobuf/kinds.ts'
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
import { BELIEVED, BUILD, RAW, SOURCES, workerRecord } from './control.ts'
import { definition } from './llb.ts'

const reference = message('Ref', {
  id: rewritten(given(1, text), 'one of the gate’s own'),
  def: maybe(2, definition),
})
const references = message('RefMap', { refs: dictionary(1, reference) })

/** What came of a Dockerfile, or of a graph. */
export const result = message('Result', {
  refDeprecated: leftOut(1, 'it stands in ref'),
  refsDeprecated: leftOut(2, 'they stand in refs'),
  ref: maybe(3, reference, 'result'),
  refs: maybe(4, references, 'result'),
  metadata: dictionary(10, bytes),
  attestations: leftOut(12, 'none are made'),
})
export type Result = Said<typeof result>

export const solveRequest = message('SolveRequest', {
  Definition: refused(1, RAW, BUILD),
  Frontend: limited(given(2, text), 'dockerfile.v0 alone'),
  FrontendOpt: limited(dictionary(3, text), 'options of docker build'),
  allowResultReturn: rewritten(given(5, flag), 'sent as true'),
  allowResultArrayRef: rewritten(given(6, flag), 'sent as true'),
  Final: leftOut(10, 'what is final is said by Return'),
  ExporterAttr: leftOut(11, 'it belongs to Final'),
  CacheImports: leftOut(12, BELIEVED),
  FrontendInputs: rewritten(dictionary(13, definition), 'each step is read, and written anew'),
  Evaluate: given(14, flag),
  SourcePolicies: refused(15, SOURCES),
})
export type SolveRequest = Said<typeof solveRequest>

/** As the gate sends it: the graph that it has written itself. */
export const graphRequest = message('SolveRequest', {
  Definition: maybe(1, definition),
  allowResultReturn: given(5, flag),
  allowResultArrayRef: given(6, flag),
  Evaluate: given(14, flag),
})

export const solveResponse = message('SolveResponse', {
  ref: leftOut(1, 'it stands in result'),
  result: maybe(3, result),
})

/** Why a build failed, as its client says it (google/rpc/status.proto). */
const status = message('Status', {
  code: given(1, int32),
  message: given(2, text),
  details: leftOut(3, 'the message says it'),
})
export const returnRequest = message('ReturnRequest', {
  result: maybe(1, result),
  error: maybe(2, status),
})

const capability = message('APICap', {
  ID: given(1, text),
  Enabled: given(2, flag),
  Deprecated: given(3, flag),
  DisabledReason: given(4, text),
  DisabledReasonMsg: given(5, text),
  DisabledAlternative: given(6, text),
})
export const pongResponse = message('PongResponse', {
  FrontendAPICaps: limited(several(1, capability), 'those of what is refused are left out'),
  LLBCaps: several(2, capability),
  Workers: several(3, workerRecord),
})

const fileRange = message('FileRange', { Offset: given(1, int64), Length: given(2, int64) })
export const readFileRequest = message('ReadFileRequest', {
  Ref: rewritten(given(1, text), 'one of the gate’s own'),
  FilePath: given(2, text),
  Range: maybe(3, fileRange),
  MountIndex: refused(4, 'it is for containers of a build'),
})
export const readFileResponse = message('ReadFileResponse', { Data: given(1, bytes) })

export const readDirRequest = message('ReadDirRequest', {
  Ref: rewritten(given(1, text), 'one of the gate’s own'),
  DirPath: given(2, text),
  IncludePattern: given(3, text),
  MountIndex: refused(4, 'it is for containers of a build'),
})
/** A file (github.com/tonistiigi/fsutil, types/stat.proto). */
export const fileStat = message('Stat', {
  path: given(1, text),
  mode: given(2, uint32),
  uid: given(3, uint32),
  gid: given(4, uint32),
  size: given(5, int64),
  modTime: given(6, int64),
  linkname: given(7, text),
  devmajor: given(8, int64),
  devminor: given(9, int64),
  xattrs: dictionary(10, bytes),
})
export type FileStat = Said<typeof fileStat>
export const readDirResponse = message('ReadDirResponse', { entries: several(1, fileStat) })

export const statFileRequest = message('StatFileRequest', {
  Ref: rewritten(given(1, text), 'one of the gate’s own'),
  Path: given(2, text),
  MountIndex: refused(3, 'it is for containers of a build'),
})
export const statFileResponse = message('StatFileResponse', { stat: maybe(1, fileStat) })

export const evaluateRequest = message('EvaluateRequest', {
  Ref: rewritten(given(1, text), 'one of the gate’s own'),
})
