/** A graph of steps, taken apart: each step with the places in it of those that it builds upon. */
import { createHash } from 'node:crypto'
import type { Finding } from '../fields.ts'
import { WireError } from '../protobuf/wire.ts'
import { definition, step, type Definition, type Step, type StepMetadata } from './llb.ts'

/** A step, and what it builds upon. */
export interface GraphStep {
  /** Of its bytes, as they were read. */
  readonly digest: string
  readonly step: Step
  /** Places in the graph of the steps that its inputs are, in order: each of an earlier one. */
  readonly upon: readonly number[]
  readonly metadata: StepMetadata | undefined
  /** Where in a Dockerfile it stands. */
  readonly locations: Locations | undefined
}

type Sources = NonNullable<Definition['Source']>
type Locations = Sources['locations'] extends ReadonlyMap<string, infer One> ? One : never

export class Graph {
  readonly steps: readonly GraphStep[]
  /** The Dockerfile, as it is shown with errors. */
  readonly files: Sources['infos']

  constructor(steps: readonly GraphStep[], files: Sources['infos']) {
    this.steps = steps
    this.files = files
  }

  /** The same with other steps in their places. */
  with(change: (step: Step) => Step): Graph {
    return new Graph(
      this.steps.map((each) => ({ ...each, step: change(each.step) })),
      this.files,
    )
  }

  /** Names of the images that it takes from, as they stand in it. */
  get images(): readonly string[] {
    const names = this.steps.flatMap(({ step: { source } }) => {
      const [, name] = /^docker-image:\/\/([^]*)$/.exec(source?.identifier ?? '') ?? []
      return name ?? []
    })
    return [...new Set(names)]
  }

  /** What the record holds of it. */
  toJSON(): object {
    const execs = this.steps.flatMap(({ step: { exec } }) => exec ?? [])
    const mounts = execs.flatMap((exec) => exec.mounts)
    return {
      images: this.images,
      steps: this.steps.length,
      commands: execs.length,
      kept: [...new Set(mounts.flatMap(({ cacheOpt }) => cacheOpt?.ID ?? []))],
      secrets: [...new Set(mounts.flatMap(({ secretOpt }) => secretOpt?.ID ?? []))],
      agents: mounts.filter(({ mountType }) => mountType === 'ssh').length,
    }
  }
}

/** A graph that takes from a source, and does nothing with it. */
export function graphFrom(identifier: string): Graph {
  const source = { identifier, attrs: new Map<string, string>() }
  const none = { digest: '', upon: [], metadata: undefined, locations: undefined }
  const end = { ...none, step: { ...step.empty, inputs: [{ digest: '', index: 0n }] }, upon: [0] }
  return new Graph([{ ...none, step: { ...step.empty, source } }, end], [])
}

/** Steps of a graph. */
const MOST_STEPS = 1_000

/** Takes a graph apart. @throws {WireError} for one in which a step is not understood whole, or comes before what it builds upon */
export function readGraph(read: Definition, findings: Finding[]): Graph {
  if (read.def.length > MOST_STEPS)
    throw new WireError(`the graph has ${read.def.length} steps: ${MOST_STEPS} at most`)
  const places = new Map<string, number>()
  const steps = read.def.map((bytes, place): GraphStep => {
    const one = step.decode(bytes, { findings, unknown: 'error' })
    const upon = one.inputs.map(({ digest }) => {
      const found = places.get(digest)
      if (found === undefined)
        throw new WireError(`step ${place} builds upon one that is not there before it`)
      return found
    })
    const digest = digestOf(bytes)
    places.set(digest, place)
    return {
      digest,
      step: one,
      upon,
      metadata: read.metadata.get(digest),
      locations: read.Source?.locations.get(digest),
    }
  })
  requireEnd(steps)
  return new Graph(steps, read.Source?.infos ?? [])
}

/**
 * The last step names what comes of a graph, and is nothing else: without it, or with nothing before it, an engine ends (client/llb,
 * NewDefinitionOp). @throws {WireError}
 */
function requireEnd(steps: readonly GraphStep[]): void {
  const last = steps.at(-1)
  if (last === undefined) return
  const { inputs, exec, source, file, merge, diff } = last.step
  const does = [exec, source, file, merge, diff].some((what) => what !== undefined)
  if (steps.length < 2 || does || inputs.length !== 1)
    throw new WireError('the graph does not end as a graph does')
  if (steps.some(({ step: one }) => one.inputs.some(({ index }) => index < 0n || index > MOST_OUTPUTS)))
    throw new WireError('a step builds upon a result that no step has')
}

/** Results of a step: an engine has as many as it has mounts, or actions on files. */
const MOST_OUTPUTS = 1_000n

/** Puts a graph together: each step is written, and goes by the digest of that. */
export function writeGraph({ steps, files }: Graph): Definition {
  const digests: string[] = []
  const def: Buffer[] = []
  const metadata = new Map<string, StepMetadata>()
  const locations = new Map<string, Locations>()
  for (const each of steps) {
    const inputs = each.step.inputs.map((input, at) => ({
      ...input,
      digest: digests[each.upon[at] ?? -1] ?? '',
    }))
    const bytes = step.encode({ ...each.step, inputs })
    const digest = digestOf(bytes)
    digests.push(digest)
    def.push(bytes)
    if (each.metadata !== undefined) metadata.set(digest, each.metadata)
    if (each.locations !== undefined) locations.set(digest, each.locations)
  }
  return { ...definition.empty, def, metadata, Source: { locations, infos: files } }
}

/** What a step goes by. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
