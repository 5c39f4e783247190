/** POST /build with the classic builder: the query; the context is read as it streams (perform/build-context.ts). */
import {
  FieldError,
  forwarded,
  limited,
  record,
  refused,
  rewritten,
  type Finding,
  type Read,
} from '../fields.ts'
import { JsonError, parseJson, type Json } from '../json.ts'
import { queryFlag, queryInteger, queryText, queryTexts } from '../query.ts'
import type { Credentials } from '../registry-credentials.ts'

const BUILDKIT = 'this way to BuildKit is that of clients before Docker 23'
const CLASSIC = 'DOCKER_BUILDKIT=0 docker build, or a newer docker'

export const buildQuery = record({
  buildargs: limited(jsonText, '4 KiB each'),
  buildid: rewritten(queryText, 'left out: it is for cancelling BuildKit'),
  cachefrom: rewritten(
    jsonText,
    'left out: an engine links the image that it names into the chain of another',
  ),
  cgroupparent: refused('it takes the build out of its limits'),
  cpuperiod: rewritten(queryInteger, 'sent as 100000'),
  cpuquota: limited(queryInteger, 'run.limits.cpus; put in where it is missing'),
  cpusetcpus: forwarded(queryText),
  cpusetmems: forwarded(queryText),
  cpushares: limited(queryInteger, '1024 at most'),
  dockerfile: limited(queryText, 'a path in the context'),
  extrahosts: forwarded(queryTexts),
  forcerm: rewritten(queryFlag, 'sent as 1'),
  isolation: refused('it is for Windows containers', ['default']),
  labels: forwarded(jsonText),
  memory: limited(queryInteger, 'run.limits.memory; put in where it is missing'),
  memswap: limited(queryInteger, 'twice the memory at most'),
  networkmode: limited(queryText, 'default, bridge or none'),
  nocache: forwarded(queryFlag),
  outputs: refused(BUILDKIT, [], CLASSIC),
  platform: forwarded(queryText),
  pull: rewritten(queryFlag, 'left out: the gate pulls the images itself, and looks into them'),
  q: forwarded(queryFlag),
  remote: refused('it makes the host fetch an address', [], 'a context of the client: docker build DIR'),
  rm: rewritten(queryFlag, 'sent as 1'),
  securityopt: refused("the engine's own profiles hold for builds", ['[]', 'null']),
  session: refused(BUILDKIT, [], CLASSIC),
  shmsize: limited(queryInteger, 'run.limits.shm at most'),
  squash: refused('it needs an experimental engine', ['0', 'false']),
  t: limited(
    queryTexts,
    "names of the worker's own; with names: shared ones that run.images has, free or its own",
  ),
  target: forwarded(queryText),
  ulimits: refused("ulimits of builds are the engine's own", ['null', '[]']),
  version: refused(BUILDKIT, ['1'], CLASSIC),
})

/** Characters of a variable's value that comes from outside a Dockerfile: versions, proxies, paths. */
export const LONGEST_VALUE = 4 * 1024

export interface ImageBuild {
  readonly kind: 'image.build'
  readonly parameters: Read<typeof buildQuery>
  /** The Dockerfile's path in the context. */
  readonly dockerfile: string
  /** Images whose layers were to be taken from, as written: for the record alone. */
  readonly cacheFrom: readonly string[]
  readonly buildArgs: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, string>
  readonly registryAuth: Credentials | undefined
}

/** @throws {FieldError} */
export function readImageBuild(
  parameters: Read<typeof buildQuery>,
  registryAuth: Credentials | undefined,
  findings: Finding[],
): ImageBuild {
  const mode = parameters.networkmode ?? ''
  if (!['', 'default', 'bridge', 'none'].includes(mode)) {
    const why = 'a build is on the default bridge, or on no network'
    findings.push({ what: `networkmode = ${mode}`, why, instead: 'docker build --network none' })
  }
  return {
    kind: 'image.build',
    parameters,
    dockerfile: contextPath(parameters.dockerfile ?? ''),
    cacheFrom: [...textList(parameters.cachefrom)],
    buildArgs: buildArguments(parameters.buildargs),
    labels: textMap(parameters.labels),
    registryAuth,
  }
}

/** A path in a context in its one spelling. @throws {FieldError} if it leads out */
function contextPath(written: string): string {
  const parts = (written === '' ? 'Dockerfile' : written)
    .split('/')
    .filter((part) => part !== '' && part !== '.')
  if (parts.length === 0 || parts.includes('..'))
    throw new FieldError(`dockerfile: ${JSON.stringify(written)} is not a path in the context`)
  return parts.join('/')
}

function jsonText(value: Json, path: string): Json {
  const written = queryText(value, path)
  if (written === '') return null
  try {
    return parseJson(Buffer.from(written))
  } catch (cause) {
    if (cause instanceof JsonError) throw new FieldError(`${path}: ${cause.message}`, { cause })
    throw cause
  }
}

function textList(json: Json | undefined): readonly string[] {
  if (json === undefined || json === null) return []
  if (Array.isArray(json)) return json.map((item: Json) => queryText(item, 'cachefrom'))
  throw new FieldError('cachefrom must be a list')
}

function buildArguments(json: Json | undefined): ReadonlyMap<string, string> {
  const values = textMap(json)
  for (const [name, value] of values)
    if (value.length > LONGEST_VALUE)
      throw new FieldError(`buildargs: ${name} has ${value.length} characters: ${LONGEST_VALUE} at most`)
  return values
}

function textMap(json: Json | undefined): ReadonlyMap<string, string> {
  if (json === undefined || json === null) return new Map()
  if (!(json instanceof Map)) throw new FieldError('buildargs and labels must be objects')
  // A build argument without a value takes the engine's own environment variable; nothing is taken here.
  return new Map(
    [...json].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
  )
}
