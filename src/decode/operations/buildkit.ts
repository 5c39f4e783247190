/** What a client asks of BuildKit: its two connections, a build, what its Dockerfile is read to, and the graph of steps that came of it. */
import { FieldError, limited, record, rewritten, text, type Finding, type Read } from '../fields.ts'
import { wrongInBuilt } from '../image-config.ts'
import { isId } from '../buildkit/ids.ts'
import { readGraph, type Graph } from '../buildkit/graph.ts'
import type { Definition } from '../buildkit/llb.ts'
import { readBuildOptions, type BuildOptions } from '../buildkit/options.ts'
import { solveRequest as controlSolve } from '../buildkit/control.ts'
import { solveRequest as frontendSolve } from '../buildkit/gateway.ts'

/** The connection by which a client asks. */
export interface BuildConnect {
  readonly kind: 'build.connect'
}

export const sessionHeaders = record({
  'X-Docker-Expose-Session-Uuid': rewritten(text, 'one of the gate’s own'),
  'X-Docker-Expose-Session-Name': rewritten(text, 'left out'),
  'X-Docker-Expose-Session-Sharedkey': rewritten(text, 'one of the worker’s own'),
  'X-Docker-Expose-Session-Grpc-Method': limited(text, 'those that are known here'),
})

/** The connection by which an engine asks a client for what a build needs. */
export interface BuildSession {
  readonly kind: 'build.session'
  /** As the client calls it. */
  readonly session: string
  /** By what an engine knows again what it was sent before. */
  readonly sharedKey: string
  /** Paths of what the client answers. */
  readonly methods: readonly string[]
}

const MOST_METHODS = 32
const LONGEST_KEY = 1024

/** @throws {FieldError} */
export function readBuildSession(headers: Read<typeof sessionHeaders>): BuildSession {
  const session = headers['X-Docker-Expose-Session-Uuid'] ?? ''
  const sharedKey = headers['X-Docker-Expose-Session-Sharedkey'] ?? ''
  const methods = (headers['X-Docker-Expose-Session-Grpc-Method'] ?? '').split(',').map((path) => path.trim())
  if (!isId(session)) throw new FieldError('X-Docker-Expose-Session-Uuid is no id of a session')
  if (methods.length > MOST_METHODS || sharedKey.length > LONGEST_KEY)
    throw new FieldError('what the session says of itself is too long')
  return { kind: 'build.session', session, sharedKey, methods }
}

/** Where the result of a build goes. */
export type BuildOutput =
  | { readonly type: 'image'; readonly names: readonly string[]; readonly pushed: boolean }
  | { readonly type: 'local' | 'tar' | 'none' }

/** A build: where its result goes, and by which session the client sends what it needs. */
export interface BuildSolve {
  readonly kind: 'build.solve'
  /** As the client calls it. */
  readonly ref: string
  readonly session: string
  readonly output: BuildOutput
  readonly options: BuildOptions
  /** Whether what is needed to take steps from it is kept in the image. */
  readonly inlineCache: boolean
  /** One that docker makes to find out what there is. */
  readonly internal: boolean
}

/** @throws {FieldError} */
export function readBuildSolve(
  asked: ReturnType<typeof controlSolve.decode>,
  findings: Finding[],
): BuildSolve {
  const { Ref, Session, FrontendAttrs, Cache, Internal } = asked
  requireId('Ref', Ref)
  if (Session !== '') requireId('Session', Session)
  const exports = Cache?.Exports ?? []
  for (const { Type } of exports)
    if (Type !== 'inline')
      findings.push({
        what: `--cache-to type=${Type}`,
        why: 'a cache is kept in images alone',
        instead: '--cache-to type=inline',
      })
  return {
    kind: 'build.solve',
    ref: Ref,
    session: Session,
    output: outputOf(asked, findings),
    options: readBuildOptions(FrontendAttrs, findings),
    inlineCache: exports.length > 0 || FrontendAttrs.get('build-arg:BUILDKIT_INLINE_CACHE') === '1',
    internal: Internal,
  }
}

/** @throws {FieldError} for what is none */
export function requireId(what: string, id: string): void {
  if (!isId(id)) throw new FieldError(`${what} is no id of a build`)
}

type Asked = ReturnType<typeof controlSolve.decode>

/** Of an image what the client says to itself, or what the engine has by default. */
const OF_IMAGES = ['name', 'load', 'unpack', 'push', 'dest', 'store']

function outputOf(
  { Exporters, ExporterDeprecated, ExporterAttrsDeprecated }: Asked,
  findings: Finding[],
): BuildOutput {
  const old = ExporterDeprecated === '' ? [] : [{ Type: ExporterDeprecated, Attrs: ExporterAttrsDeprecated }]
  const [exporter, second] = Exporters.length > 0 ? Exporters : old
  if (exporter === undefined) return { type: 'none' }
  const { Type, Attrs } = exporter
  const instead = 'docker build with one of --load, --output type=local, --output type=tar'
  if (second !== undefined)
    findings.push({ what: `outputs ${Type}, ${second.Type}`, why: 'a build has one output', instead })
  if (Type === 'local' || Type === 'tar') return { type: Type }
  if (Type !== 'moby' && Type !== 'image') {
    findings.push({ what: `--output type=${Type}`, why: 'this output is not given', instead })
    return { type: 'none' }
  }
  for (const [name, value] of Attrs)
    if (!OF_IMAGES.includes(name))
      findings.push({
        what: `--output ${name}=${value}`,
        why: 'this option of an image is not given',
        instead,
      })
  const names = (Attrs.get('name') ?? '').split(',').filter((name) => name !== '')
  return { type: 'image', names, pushed: Attrs.get('push') === 'true' }
}

/** A Dockerfile is to be read: what comes back is a graph of steps, and nothing of it is carried out. */
export interface BuildFrontend {
  readonly kind: 'build.frontend'
  readonly ref: string
  readonly options: BuildOptions
  /** Graphs that came of Dockerfiles before, by names that contexts say. */
  readonly inputs: ReadonlyMap<string, Graph>
}

/** What reads Dockerfiles in an engine. */
export const FRONTEND = 'dockerfile.v0'

/** @throws {FieldError | WireError} */
export function readBuildFrontend(
  ref: string,
  asked: ReturnType<typeof frontendSolve.decode>,
  findings: Finding[],
): BuildFrontend {
  if (asked.Frontend !== FRONTEND)
    findings.push({
      what: `frontend ${asked.Frontend || 'none'}`,
      why: 'what another one makes would be carried out unseen',
      instead: 'docker build, with a Dockerfile',
    })
  const inputs = [...asked.FrontendInputs].map(([name, one]) => [name, readGraph(one, findings)] as const)
  return {
    kind: 'build.frontend',
    ref,
    options: readBuildOptions(asked.FrontendOpt, findings),
    inputs: new Map(inputs),
  }
}

/** A graph of steps is to be carried out when its build is. */
export interface BuildGraph {
  readonly kind: 'build.graph'
  readonly ref: string
  readonly graph: Graph
}

/** What an engine's frontend says of an image beside its graph: its configuration, for each platform. */
const CONFIGURATION = /^containerimage\.config(?:\/|$)/

/** @param metadata what came with it @throws {FieldError | JsonError | WireError} */
export function readBuildGraph(
  ref: string,
  read: Definition,
  metadata: ReadonlyMap<string, Buffer>,
  findings: Finding[],
): BuildGraph {
  for (const [name, config] of metadata)
    if (CONFIGURATION.test(name))
      for (const wrong of wrongInBuilt(config))
        findings.push({ what: `an image with ${wrong}`, why: 'no image of a build may have that' })
  return { kind: 'build.graph', ref, graph: readGraph(read, findings) }
}
