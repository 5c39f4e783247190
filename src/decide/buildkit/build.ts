/** `docker build` by BuildKit: who may ask for it, what it gives names to, and what a Dockerfile may be read with. */
import type { BuildFrontend, BuildGraph, BuildSolve } from '../../decode/operations/buildkit.ts'
import type { BuildOptions } from '../../decode/buildkit/options.ts'
import type { RunPolicy, WorkerPolicy } from '../../policy/policy.ts'
import type { Subcommand } from '../../policy/subcommands.ts'
import type { BuildOperation } from '../../decode/operation.ts'
import type { Facts, Resolved } from '../../resolve/facts.ts'
import type { EngineFacts } from '../../world/engine-facts.ts'
import { allow, grantedBy } from '../answers.ts'
import { planName } from '../image-names.ts'
import { checkLabels } from '../labels.ts'
import { ONCE_MORE, refuse, refuseAll, type Violation } from '../refuse.ts'
import type { Verdict } from '../verdict.ts'
import { checkGraph, checkInput, planGraph, type OfGraph } from './graph.ts'
import { sourcePolicyFor } from './source-policy.ts'

/** Minor API version of Docker 26, the oldest whose BuildKit holds to what is sent (0.13). */
const OLDEST_MINOR = 45
/** Builds of a worker at once. */
const MOST_BUILDS = 16

/** Decides what is asked of BuildKit. */
export function decideBuildKit(worker: WorkerPolicy, asked: Resolved<BuildOperation['kind']>): Verdict {
  return grantedBy(worker, asked.kind, (word) => decideGranted(worker.docker.run, word, asked))
}

function decideGranted(run: RunPolicy, word: Subcommand, asked: Resolved<BuildOperation['kind']>): Verdict {
  const lacking = lackingIn(asked.facts.engine)
  if (lacking !== undefined)
    return refuse(word, 'engine', `docker ${word} by BuildKit`, {
      why: lacking,
      instead: ['DOCKER_BUILDKIT=0 docker build'],
    })
  switch (asked.kind) {
    case 'build.connect':
    case 'build.session':
      return allow(word, 'docker.allow', { on: 'build connection', operation: asked.operation })
    case 'build.solve':
      return decideSolve(run, word, asked.operation, asked.facts)
    case 'build.frontend':
      return decideFrontend(run, word, asked.operation, asked.facts)
    case 'build.graph':
      return decideGraph(run, word, asked.operation, asked.facts)
  }
}

function lackingIn({ podman, minor }: EngineFacts): string | undefined {
  if (podman) return 'Podman has no BuildKit'
  return minor < OLDEST_MINOR
    ? 'the BuildKit of engines before Docker 26 does not hold to what is allowed'
    : undefined
}

function decideSolve(
  run: RunPolicy,
  word: Subcommand,
  operation: BuildSolve,
  facts: Pick<Facts, 'engine' | 'names' | 'ownImages' | 'build'>,
): Verdict {
  const { output, options } = operation
  if (facts.build.running >= MOST_BUILDS)
    return refuse(word, 'build.limits', `docker ${word}`, {
      why: `${MOST_BUILDS} builds of this worker go on already`,
      instead: [ONCE_MORE],
      retryable: true,
    })
  const violations: Violation[] = []
  const names = output.type === 'image' ? output.names : []
  const tags = names.map((name) => planName(run, `-t ${name}`, name, facts.names, violations))
  // With the other store docker pushes by itself, when the image is there.
  if (output.type === 'image' && output.pushed && facts.engine.containerd)
    violations.push({
      rule: 'build.output',
      what: '--push',
      why: 'what a build makes is pushed when it is there',
      instead: ['docker build, then docker push'],
    })
  if (violations.length > 0) return refuseAll(word, violations)
  const own = options.pulls ? NONE : facts.ownImages
  return allow(word, 'run.images', { on: 'solve', operation, tags, sources: sourcePolicyFor(run, own) })
}

const NONE: ReadonlyMap<string, string> = new Map()

function decideFrontend(run: RunPolicy, word: Subcommand, operation: BuildFrontend, facts: OfGraph): Verdict {
  const violations: Violation[] = []
  checkLabels(operation.options.labels, violations)
  for (const [name, graph] of operation.inputs)
    violations.push(...checkInput(name, graph, facts), ...checkGraph(run, graph, facts))
  if (violations.length > 0) return refuseAll(word, violations)
  const inputs = new Map(
    [...operation.inputs].map(([name, graph]) => [name, planGraph(run, graph, facts.build)] as const),
  )
  return allow(word, 'docker.allow', {
    on: 'frontend',
    operation,
    options: optionsSent(operation.options),
    inputs,
  })
}

/** The options of a build as they are sent. */
function optionsSent(options: BuildOptions): ReadonlyMap<string, string> {
  const named = (beginning: string, values: ReadonlyMap<string, string>) =>
    [...values].map(([name, value]) => [beginning + name, value] as const)
  return new Map([
    ...options.plain,
    ...[...options.buildArgs].map(([name, value]) => [`build-arg:${name}`, value.reveal()] as const),
    ...named('label:', options.labels),
    ...named('context:', options.contexts),
    ...named('local-sessionid:', options.sessions),
    // Where it is there, a frontend takes no notice of which other one a Dockerfile asks for (frontend/dockerfile/builder).
    ['cmdline', 'dockgate'],
  ])
}

function decideGraph(run: RunPolicy, word: Subcommand, operation: BuildGraph, facts: OfGraph): Verdict {
  const violations = checkGraph(run, operation.graph, facts)
  if (violations.length > 0) return refuseAll(word, violations)
  const graph = planGraph(run, operation.graph, facts.build)
  return allow(word, 'run.images', { on: 'graph', operation, graph })
}
