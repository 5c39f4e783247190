/**
 * BuildKit's graph of steps (github.com/moby/buildkit, solver/pb/ops.proto): what an engine's frontend makes of a Dockerfile, and an
 * engine carries out. Each step is read by these tables, and written anew by them.
 */
import { bytes, choice, flag, int32, int64, numbers, text, uint32 } from '../protobuf/kinds.ts'
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

const DEVICES = 'devices are the host’s'

export const platform = message('Platform', {
  Architecture: given(1, text),
  OS: given(2, text),
  Variant: given(3, text),
  OSVersion: given(4, text),
  OSFeatures: several(5, text),
})

const input = message('Input', {
  digest: rewritten(given(1, text), 'of the step as it is sent'),
  index: given(2, int64),
})

const hostIp = message('HostIP', { Host: given(1, text), IP: given(2, text) })

const ulimit = message('Ulimit', { Name: given(1, text), Soft: given(2, int64), Hard: given(3, int64) })

const proxyEnv = message('ProxyEnv', {
  http_proxy: given(1, text),
  https_proxy: given(2, text),
  ftp_proxy: given(3, text),
  no_proxy: given(4, text),
  all_proxy: given(5, text),
})

const meta = message('Meta', {
  args: several(1, text),
  env: several(2, text),
  cwd: given(3, text),
  user: given(4, text),
  proxy_env: maybe(5, proxyEnv),
  extraHosts: several(6, hostIp),
  hostname: given(7, text),
  ulimit: limited(several(9, ulimit), 'none: those of the engine hold'),
  cgroupParent: rewritten(given(10, text), 'one of the worker’s own'),
  removeMountStubsRecursive: given(11, flag),
  validExitCodes: numbers(12, int32),
})

const tmpfsOption = message('TmpfsOpt', {
  size: limited(given(1, int64), 'run.limits.tmpfs; put in where it is missing'),
})
const cacheOption = message('CacheOpt', {
  ID: rewritten(given(1, text), 'one of the worker’s own'),
  sharing: given(2, choice('shared', 'private', 'locked')),
})
const secretOption = message('SecretOpt', {
  ID: given(1, text),
  uid: given(2, uint32),
  gid: given(3, uint32),
  mode: given(4, uint32),
  optional: given(5, flag),
})
const sshOption = message('SSHOpt', {
  ID: given(1, text),
  uid: given(2, uint32),
  gid: given(3, uint32),
  mode: given(4, uint32),
  optional: given(5, flag),
})

const mount = message('Mount', {
  input: given(1, int64),
  selector: given(2, text),
  dest: given(3, text),
  output: given(4, int64),
  readonly: given(5, flag),
  mountType: given(6, choice('bind', 'secret', 'ssh', 'cache', 'tmpfs')),
  TmpfsOpt: maybe(19, tmpfsOption),
  cacheOpt: maybe(20, cacheOption),
  secretOpt: maybe(21, secretOption),
  SSHOpt: maybe(22, sshOption),
  resultID: refused(23, 'results of other builds are not mounted'),
  contentCache: given(24, choice('default', 'on', 'off')),
})

const secretEnv = message('SecretEnv', { ID: given(1, text), name: given(2, text), optional: given(3, flag) })

const exec = message('ExecOp', {
  meta: maybe(1, meta),
  mounts: several(2, mount),
  network: limited(given(3, choice('default', 'host', 'none')), 'default or none'),
  security: limited(given(4, choice('sandbox', 'insecure')), 'sandbox'),
  secretenv: several(5, secretEnv),
  cdiDevices: refused(6, DEVICES),
})

const source = message('SourceOp', {
  identifier: limited(
    given(1, text),
    'an image of run.images or of the worker’s own, or what the client sends',
  ),
  attrs: limited(dictionary(2, text), 'those of images and of what the client sends'),
})

const namedUser = message('NamedUserOpt', { name: given(1, text), input: given(2, int64) })
const user = message('UserOpt', { byName: maybe(1, namedUser, 'user'), byID: maybe(2, uint32, 'user') })
const owner = message('ChownOpt', { user: maybe(1, user), group: maybe(2, user) })

const copy = message('FileActionCopy', {
  src: given(1, text),
  dest: given(2, text),
  owner: maybe(3, owner),
  mode: given(4, int32),
  followSymlink: given(5, flag),
  dirCopyContents: given(6, flag),
  attemptUnpackDockerCompatibility: given(7, flag),
  createDestPath: given(8, flag),
  allowWildcard: given(9, flag),
  allowEmptyWildcard: given(10, flag),
  timestamp: given(11, int64),
  include_patterns: several(12, text),
  exclude_patterns: rewritten(
    several(13, text),
    'with one of the worker’s own, so that no other build takes the step',
  ),
  alwaysReplaceExistingDestPaths: given(14, flag),
  modeStr: given(15, text),
  required_paths: several(16, text),
})
const makeFile = message('FileActionMkFile', {
  path: given(1, text),
  mode: given(2, int32),
  data: given(3, bytes),
  owner: maybe(4, owner),
  timestamp: given(5, int64),
})
const makeDirectory = message('FileActionMkDir', {
  path: given(1, text),
  mode: given(2, int32),
  makeParents: given(3, flag),
  owner: maybe(4, owner),
  timestamp: given(5, int64),
})
const removal = message('FileActionRm', {
  path: given(1, text),
  allowNotFound: given(2, flag),
  allowWildcard: given(3, flag),
})
const symlink = message('FileActionSymlink', {
  oldpath: given(1, text),
  newpath: given(2, text),
  owner: maybe(3, owner),
  timestamp: given(4, int64),
})

const fileAction = message('FileAction', {
  input: given(1, int64),
  secondaryInput: given(2, int64),
  output: given(3, int64),
  copy: maybe(4, copy, 'action'),
  mkfile: maybe(5, makeFile, 'action'),
  mkdir: maybe(6, makeDirectory, 'action'),
  rm: maybe(7, removal, 'action'),
  symlink: maybe(8, symlink, 'action'),
})
const file = message('FileOp', { actions: several(2, fileAction) })

const mergeInput = message('MergeInput', { input: given(1, int64) })
const merge = message('MergeOp', { inputs: several(1, mergeInput) })
const diffInput = message('DiffInput', { input: given(1, int64) })
const diff = message('DiffOp', { lower: maybe(1, diffInput), upper: maybe(2, diffInput) })

const constraints = message('WorkerConstraints', {
  filter: refused(1, 'which of its workers builds is the engine’s'),
})

export const step = message('Op', {
  inputs: several(1, input),
  exec: maybe(2, exec, 'op'),
  source: maybe(3, source, 'op'),
  file: maybe(4, file, 'op'),
  build: refused(5, 'a build in a build is not looked into'),
  merge: maybe(6, merge, 'op'),
  diff: maybe(7, diff, 'op'),
  passthrough: refused(8, 'what it passes on is not looked into'),
  platform: maybe(10, platform),
  // Mostly there and empty: without it a step would have another digest than the same one has elsewhere in the build.
  constraints: maybe(11, constraints),
})
export type Step = Said<typeof step>

export const progressGroup = message('ProgressGroup', {
  id: given(1, text),
  name: given(2, text),
  weak: given(3, flag),
})

const stepMetadata = message('OpMetadata', {
  ignore_cache: given(1, flag),
  description: dictionary(2, text),
  export_cache: maybe(4, message('ExportCache', { Value: given(1, flag) })),
  caps: dictionary(5, flag),
  progress_group: maybe(6, progressGroup),
  linux_resources: leftOut(7, 'limits are those of the worker'),
})
export type StepMetadata = Said<typeof stepMetadata>

const position = message('Position', { line: given(1, int32), character: given(2, int32) })
export const range = message('Range', { start: maybe(1, position), end: maybe(2, position) })
const location = message('Location', { sourceIndex: given(1, int32), ranges: several(2, range) })
const locations = message('Locations', { locations: several(1, location) })
export const sourceInfo = message('SourceInfo', {
  filename: given(1, text),
  data: given(2, bytes),
  definition: leftOut(3, 'where a Dockerfile came from is known'),
  language: given(4, text),
})
const sourceMap = message('Source', {
  locations: rewritten(dictionary(1, locations), 'by the steps as they are sent'),
  infos: several(2, sourceInfo),
})

export const definition = message('Definition', {
  def: rewritten(several(1, bytes), 'each step is read, and written anew'),
  metadata: rewritten(dictionary(2, stepMetadata), 'by the steps as they are sent'),
  Source: maybe(3, sourceMap),
})
export type Definition = Said<typeof definition>
