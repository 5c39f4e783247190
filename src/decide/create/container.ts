/** A container of a worker's by itself: every part of it is granted, brought to a limit, or refused. */
import { LONGEST_STOP } from '../../decode/operations/container.ts'
import { SHORTEST_INTERVAL, type ContainerCreate } from '../../decode/operations/container-create.ts'
import { isUnset } from '../../decode/operations/environment.ts'
import { MOST_LABELS } from '../../shared/labels.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import type { Violation } from '../refuse.ts'
import type { CreatePlan } from '../plans.ts'
import type { PlanFacts } from './facts.ts'
import { planImage } from './images.ts'
import { planLimits } from './limits.ts'
import { checkLinks, linksOf, planLinks } from './links.ts'
import { checkLabels, planLabels } from '../labels.ts'
import { planMounts, planVolumesFrom, sharedBinds } from './mounts.ts'
import { checkHostname, planEndpoints, planIpcMode, planNetworkMode, planPidMode } from './network.ts'
import { checkExposed, planPorts } from './ports.ts'
import { checkCapabilities, checkSecurityOptions, planLog, planRestart } from './security.ts'
import { planUlimits } from './ulimits.ts'
import { volumesToOwn } from './volumes.ts'
import { warningsOf } from './warnings.ts'

/** The container as it is sent; what is wrong with it goes into `violations`. */
export function planContainer(
  run: RunPolicy,
  operation: ContainerCreate,
  facts: PlanFacts,
  violations: Violation[],
): CreatePlan {
  const { sent: image, granted } = planImage(run, operation.image, facts.image, 'Image', violations)
  checkImageLabels(facts, violations)
  if (facts.engine.podman) checkEnvironment(operation, facts, violations)
  const mounts = planMounts(run, operation, facts, violations)
  checkCapabilities(run, operation.addCapabilities, violations)
  checkSecurityOptions(operation.securityOptions, violations)
  checkExposed(facts, violations)
  checkLabels(operation.config.Labels, violations)
  checkHostname(operation, facts, violations)
  checkLinks(linksOf(operation), facts, violations)
  for (const mount of mounts) if (mount.type === 'volume') checkLabels(mount.labels, violations)
  const own = mounts.filter((mount) => mount.type === 'bind')
  const shared = sharedBinds(operation, facts)
  // After a reboot what the gate holds is missing until it holds it again, which it does but for these.
  const missed = [
    ...own.filter(({ relabel }) => facts.engine.podman || relabel !== undefined),
    ...mounts.flatMap(({ type, at }) =>
      type === 'socket' && facts.engine.podman ? [{ source: '', at }] : [],
    ),
    ...shared,
  ]
  const plan = {
    image,
    granted,
    ...planLabels(run, operation.config.Labels, facts.fromImage),
    mounts,
    volumes: volumesToOwn(mounts),
    volumesFrom: planVolumesFrom(run, operation, facts, violations),
    ports: planPorts(run, operation.ports, violations),
    networkMode: planNetworkMode(operation, facts, violations),
    endpoints: planEndpoints(run, operation, facts, violations),
    links: planLinks(operation, facts),
    pidMode: planPidMode(operation.pid, facts, violations),
    ipcMode: planIpcMode(operation.ipc, facts, violations),
    limits: planLimits(run.limits, operation.limits, facts.hostCpus),
    ulimits: planUlimits(run, operation.ulimits, violations),
    binds: [...own, ...shared].map(({ source, readOnly }) => ({ source, readOnly })),
    restart: planRestart(run, operation.restart, missed, facts, violations),
    log: planLog(run.limits, operation.log, facts.engine.logDriver, violations),
    ...planTimes(operation.config),
  }
  return { ...plan, warnings: warningsOf(run, operation, plan) }
}

/** Times of health checks and of stops that a host can bear. */
function planTimes({
  Healthcheck,
  StopTimeout,
}: ContainerCreate['config']): Pick<CreatePlan, 'health' | 'stopTimeout'> {
  // None is the engine's own.
  const often = (field: 'Interval' | 'StartInterval'): object => {
    const interval = Healthcheck?.[field]
    const isShort = interval !== undefined && interval > 0 && interval < SHORTEST_INTERVAL
    return isShort ? { [field]: SHORTEST_INTERVAL } : {}
  }
  return {
    health: Healthcheck && { ...Healthcheck, ...often('Interval'), ...often('StartInterval') },
    stopTimeout:
      StopTimeout === undefined || (StopTimeout >= 0 && StopTimeout <= LONGEST_STOP)
        ? StopTimeout
        : LONGEST_STOP,
  }
}

/** A container has the labels of its image, and an image that is made of it has those of both. */
function checkImageLabels({ fromImage }: Pick<PlanFacts, 'fromImage'>, violations: Violation[]): void {
  if (fromImage === undefined || fromImage.labels <= MOST_LABELS) return
  violations.push({
    rule: 'run.labels',
    what: `labels of the image, of ${fromImage.labels} characters`,
    why: `labels travel with every event: ${MOST_LABELS} characters in all`,
    instead: ['an image with shorter ones'],
  })
}

/** Podman fills in what has no value, from its own service's environment. */
function checkEnvironment(
  { config }: ContainerCreate,
  { fromImage }: Pick<PlanFacts, 'fromImage'>,
  violations: Violation[],
): void {
  const refused = (what: string, instead: string): void => {
    const why = 'Podman would give it the value that its own service has'
    violations.push({ rule: 'run.environment', what, why, instead: [instead] })
  }
  const unset = config.Env?.reveal().find(isUnset)
  if (unset !== undefined) refused(`Env = ${unset}`, `--env ${unset}=VALUE`)
  const ofImage = fromImage?.named?.unset
  if (ofImage !== undefined) refused(`Env ${ofImage} of the image`, 'an image without it')
}
