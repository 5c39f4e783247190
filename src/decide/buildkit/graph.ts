/**
 * A graph of steps, by what each does: what it takes from, what it runs with, what it mounts. It is decided step by step, and what is
 * sent has what the policy gives in the place of what was asked.
 */
import type { Graph } from '../../decode/buildkit/graph.ts'
import type { Step } from '../../decode/buildkit/llb.ts'
import { UPLOAD } from '../../decode/buildkit/options.ts'
import { familiarReference, fullReference, parseReference } from '../../decode/reference.ts'
import { ImageSpace } from '../../policy/image-space.ts'
import { someImageMatches } from '../../policy/match.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import type { Facts } from '../../resolve/facts.ts'
import type { BuildSalts } from '../../world/builds.ts'
import { isUsable, outsideNames } from '../image-names.ts'
import type { Violation } from '../refuse.ts'

/** What a graph is decided by. */
export type OfGraph = Pick<Facts, 'images' | 'build'>

type Exec = NonNullable<Step['exec']>
type Mount = Exec['mounts'][number]
type Source = NonNullable<Step['source']>
type File = NonNullable<Step['file']>

/** What is wrong with a graph. */
export function checkGraph(run: RunPolicy, graph: Graph, facts: OfGraph): readonly Violation[] {
  const last = graph.steps.length - 1
  return graph.steps.flatMap(({ step }, place) => {
    if (step.exec !== undefined) return checkExec(step.exec)
    if (step.source !== undefined) return checkSource(run, step.source, facts)
    const isKnown = step.file !== undefined || step.merge !== undefined || step.diff !== undefined
    // The last one names what comes of the graph, and does nothing.
    return isKnown || place === last
      ? []
      : [violation('graph', 'a step', 'it does nothing that is known here')]
  })
}

/** A graph that a client gives as a context: each step of it came of a Dockerfile of the worker's. The last one only names what comes of it. */
export function checkInput(name: string, { steps }: Graph, { build }: OfGraph): readonly Violation[] {
  if (steps.length > 1 && steps.slice(0, -1).every(({ digest }) => build.steps.has(digest))) return []
  const why = 'what is in it did not come of a Dockerfile here, or a long time ago'
  return [
    violation(
      'graph',
      `context ${name}`,
      why,
      'a target of the same docker buildx bake or docker compose build',
    ),
  ]
}

function checkExec({ network, security, meta, mounts }: Exec): readonly Violation[] {
  const command = `RUN ${(meta?.args ?? []).join(' ').slice(0, LONGEST)}`
  const found: Violation[] = []
  if (network === 'host') {
    const why = 'a step has a network of its own, or none'
    found.push(violation('network', `${command} --network=host`, why, 'RUN without --network'))
  }
  if (security === 'insecure') {
    const why = 'it would run with all rights on the host'
    found.push(violation('security', `${command} --security=insecure`, why, 'RUN without --security'))
  }
  if ((meta?.ulimit ?? []).length > 0)
    found.push(violation('ulimits', command, 'ulimits of builds are the engine’s own', 'no --ulimit'))
  if (!mounts.some(({ dest }) => dest === '/'))
    found.push(violation('graph', command, 'it has no files to run in'))
  return found
}

/** Characters of a command that are told. */
const LONGEST = 200

const SCHEME = /^([a-z-]+):\/\/([^]*)$/
/** Attributes of sources (solver/pb/attr.go), by their beginnings. */
const ATTRIBUTES = {
  'docker-image': /^image\.(?:resolvemode|recordtype|layerlimit)$/,
  local:
    /^local\.(?:session|includepattern|excludepatterns|followpaths|sharedkeyhint|unique|differ|metadatatransfer(?:exclude)?)$/,
  http: /^http\.(?:filename|perm|uid|gid|checksum)$/,
} as const

function checkSource(run: RunPolicy, { identifier, attrs }: Source, facts: OfGraph): readonly Violation[] {
  const [, scheme = '', rest = ''] = SCHEME.exec(identifier) ?? []
  switch (scheme) {
    case 'docker-image':
      return [...checkAttributes(identifier, attrs, ATTRIBUTES[scheme]), ...checkImage(run, rest, facts)]
    case 'local': {
      const session = attrs.get('local.session') ?? ''
      const found = checkAttributes(identifier, attrs, ATTRIBUTES[scheme])
      return facts.build.sessions.has(session)
        ? found
        : [...found, violation('context', `context ${rest}`, 'it is of no session of this worker')]
    }
    case 'http':
      return UPLOAD.test(identifier)
        ? [
            ...checkAttributes(identifier, attrs, ATTRIBUTES[scheme]),
            ...checkFileName(attrs.get('http.filename')),
          ]
        : [fetched(identifier)]
    default:
      return [fetched(identifier)]
  }
}

function fetched(identifier: string): Violation {
  const why = 'it makes the host fetch an address'
  // What follows the host, and who asks, may be a secret that an argument put in.
  const shown = /^[a-z-]+:\/\/(?:[^/@]*@)?([^/?#@]*)/.exec(identifier)
  return violation(
    'context',
    `ADD ${shown?.[0].replace(/\/\/.*@/, '//') ?? 'of what is no address'}`,
    why,
    'RUN with curl or git in a step, or COPY of what the client has',
  )
}

/** A name that leads nowhere else: engines before BuildKit 0.31.1 write by it as it is. */
function checkFileName(name: string | undefined): readonly Violation[] {
  if (name === undefined || /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(name)) return []
  return [violation('context', `an upload called ${name.slice(0, LONGEST)}`, 'it is no plain name of a file')]
}

function checkAttributes(
  identifier: string,
  attributes: Source['attrs'],
  known: RegExp,
): readonly Violation[] {
  return [...attributes.keys()]
    .filter((name) => !known.test(name))
    .map((name) => violation('graph', identifier, `its attribute ${name} is not known here`))
}

/** An image of the policy's, or of the worker's own, whose name no other worker has lent to it at this moment. */
function checkImage(run: RunPolicy, written: string, { images }: OfGraph): readonly Violation[] {
  const what = `FROM ${written}`
  const reference = parseReference(written)
  if (reference === undefined) return [outsideNames(run, what, written)]
  const name = fullReference(reference)
  const known = images.get(written)
  const { tag, digest } = reference
  if (new ImageSpace(run.imageHost).holds(reference.name)) {
    const tagged = fullReference({ ...reference, digest: undefined })
    return known !== undefined && isUsable(run, tagged, known) ? [] : [outsideNames(run, what, name)]
  }
  if (known !== undefined && known.hidden.length > 0)
    return [
      {
        ...violation('image', what, 'this name is pushed at this moment', 'the same once more'),
        rule: 'image.name',
      },
    ]
  if (someImageMatches(run.images, reference)) return []
  if (digest === undefined || tag === undefined) return [outsideNames(run, what, name)]
  // A pattern with a tag covers the digest that an engine has put in for that tag.
  const isOfTag = known !== undefined && [known.id, ...known.digests].includes(digest)
  if (!someImageMatches(run.images, { ...reference, digest: undefined }))
    return [outsideNames(run, what, name)]
  const pull = `docker pull ${familiarReference({ ...reference, digest: undefined })}, and the build once more`
  return isOfTag ? [] : [violation('image', what, 'it is not known that this digest is of this tag', pull)]
}

/** The graph as it is sent, which `checkGraph` has found nothing wrong with. */
export function planGraph(run: RunPolicy, graph: Graph, { salts }: Facts['build']): Graph {
  return graph.with((step) => {
    if (step.exec !== undefined) return { ...step, exec: planExec(run, step.exec, salts) }
    return step.file === undefined ? step : { ...step, file: planFile(step.file, salts, step.inputs.length) }
  })
}

function planExec(run: RunPolicy, exec: Exec, { cgroupParent, cachePrefix }: BuildSalts): Exec {
  return {
    ...exec,
    meta: exec.meta && { ...exec.meta, cgroupParent },
    mounts: exec.mounts.map((mount) => planMount(run, mount, cachePrefix)),
  }
}

function planMount({ limits }: RunPolicy, mount: Mount, prefix: string): Mount {
  const { cacheOpt, TmpfsOpt } = mount
  if (mount.mountType === 'cache') {
    const ID = cacheOpt?.ID ?? ''
    const sharing = cacheOpt?.sharing ?? 'shared'
    return { ...mount, cacheOpt: { sharing, ID: ID.startsWith(prefix) ? ID : prefix + ID } }
  }
  if (mount.mountType !== 'tmpfs') return mount
  const most = BigInt(mount.dest === '/dev/shm' ? limits.shm : limits.tmpfs)
  const asked = TmpfsOpt?.size ?? 0n
  return { ...mount, TmpfsOpt: { size: asked > 0n && asked < most ? asked : most } }
}

/**
 * A copy that leaves out a file which is nowhere copies the same, and is a step of this worker's builds alone; so is what takes such a file
 * away behind all else.
 */
function planFile({ actions }: File, salts: BuildSalts, inputs: number): File {
  if (actions.some(({ copy }) => copy !== undefined))
    return {
      actions: actions.map((action) => ({ ...action, copy: action.copy && planCopy(action.copy, salts) })),
    }
  const last = actions.at(-1)
  if (last === undefined || last.rm?.path === `/${salts.noFile}`) return { actions }
  const removal: Action = {
    ...{ copy: undefined, mkfile: undefined, mkdir: undefined, symlink: undefined },
    ...{ input: BigInt(inputs + actions.length - 1), secondaryInput: -1n, output: last.output },
    rm: { path: `/${salts.noFile}`, allowNotFound: true, allowWildcard: false },
  }
  return { actions: [...actions.slice(0, -1), { ...last, output: -1n }, removal] }
}

type Action = File['actions'][number]

function planCopy(copy: NonNullable<Action['copy']>, { noFile }: BuildSalts): NonNullable<Action['copy']> {
  const { exclude_patterns: left } = copy
  return left.includes(noFile) ? copy : { ...copy, exclude_patterns: [...left, noFile] }
}

function violation(rule: string, what: string, why: string, ...instead: readonly string[]): Violation {
  return { rule: `build.${rule}`, what, why, instead }
}
