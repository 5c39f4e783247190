/** `docker build` with the classic builder: names, limits and where it may take from. The Dockerfile is checked as it streams by. */
import type { ImageBuild } from '../decode/operations/build.ts'
import { fullReference, type ImageReference } from '../decode/reference.ts'
import { credentialsFor } from '../decode/registry-credentials.ts'
import type { Facts } from '../resolve/facts.ts'
import type { EngineFacts } from '../world/engine-facts.ts'
import { allow } from './answers.ts'
import { atMost, planCpus, planMemoryOptions, planShares } from './create/limits.ts'
import { checkLabels } from './labels.ts'
import { planName } from './image-names.ts'
import { permitting } from './permit.ts'
import { ImageSpace } from '../policy/image-space.ts'
import type { RunPolicy } from '../policy/policy.ts'
import { refuse, refuseAll, type Violation } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { BuildPermit, PullPermit, Verdict } from './verdict.ts'
import type { BuildLimits } from './plans.ts'

const PERIOD = 100_000

/** Decides a build that the policy's words allow. */
export function decideBuild(
  run: RunPolicy,
  word: Subcommand,
  operation: ImageBuild,
  facts: Pick<Facts, 'engine' | 'names'>,
): Verdict {
  if (facts.engine.podman) {
    // Its builder includes files of the host (Containerfile.in), mounts (RUN --mount) and takes lists of files.
    const why = "Podman's builder reads more in a Dockerfile than is checked here"
    return refuse(word, 'engine', 'docker build', {
      why,
      instead: ['docker pull of an image that is built elsewhere'],
    })
  }
  const violations: Violation[] = []
  const tags = (operation.parameters.t ?? []).map((name) =>
    planName(run, `-t ${name}`, name, facts.names, violations),
  )
  checkLabels(operation.labels, violations)
  const limits = planBuildLimits(run, operation, facts.engine)
  if (violations.length > 0) return refuseAll(word, violations)
  return allow(word, 'run.images', { on: 'build', operation, tags, limits })
}

function planBuildLimits(run: RunPolicy, { parameters }: ImageBuild, engine: EngineFacts): BuildLimits {
  const memory = atMost(parameters.memory, run.limits.memory)
  const { memorySwap } = planMemoryOptions(memory, {
    memorySwap: parameters.memswap || undefined,
    memoryReservation: undefined,
  })
  const wanted = parameters.cpuquota
    ? (parameters.cpuquota / (parameters.cpuperiod || PERIOD)) * 1e9
    : undefined
  return {
    memory,
    memorySwap,
    cpuPeriod: PERIOD,
    cpuQuota: Math.floor((planCpus(wanted, run.limits, engine.nanoCpus) / 1e9) * PERIOD),
    cpuShares: planShares(parameters.cpushares || undefined),
    shm: Math.min(parameters.shmsize || run.limits.shm, run.limits.shm),
  }
}

/** The pull of an image that a build takes from, whose name the check of its Dockerfile has covered. */
export function planBasePull(
  run: RunPolicy,
  { operation }: BuildPermit,
  image: ImageReference,
  platform: string | undefined,
): PullPermit {
  const { name, digest, tag = 'latest' } = image
  const sent = digest ?? tag
  const given = new ImageSpace(run.imageHost).given(image)
  const registryAuth = credentialsFor(operation.registryAuth, image)
  const parameters = { fromImage: name, tag: sent, platform }
  return permitting<PullPermit>({
    on: 'pull',
    operation: { kind: 'image.pull', parameters, registryAuth },
    name,
    tag: sent,
    given: given && fullReference(given),
    digest: undefined,
  })
}
