/** Capabilities, security options, restart and logging of a new container. */
import type { RequestedLog } from '../../decode/operations/container-create.ts'
import { PLAIN_LOG_OPTIONS } from '../../decode/operations/container-create-body.ts'
import type { Facts } from '../../resolve/facts.ts'
import type { Limits, RunPolicy } from '../../policy/policy.ts'
import type { Violation } from '../refuse.ts'
import { formatSize, parseSize } from '../../shared/sizes.ts'
import type { CreatePlan, RestartPlan } from '../plans.ts'
import { isBindRoot } from './mounts.ts'
import { wordsIn } from '../../shared/words.ts'

/** What every container has (moby, oci/caps/defaults.go). */
const DEFAULT_CAPABILITIES = wordsIn(`
  AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP
  SETUID SYS_CHROOT
`)

export function checkCapabilities(run: RunPolicy, wanted: readonly string[], violations: Violation[]): void {
  for (const name of wanted) {
    if (DEFAULT_CAPABILITIES.includes(name) || run.capabilities.includes(name)) continue
    violations.push({
      rule: 'run.capabilities',
      what: `HostConfig.CapAdd = ${name}`,
      why: 'run.capabilities does not give it',
      instead: run.capabilities.map((capability) => `--cap-add ${capability}`),
    })
  }
}

export function checkSecurityOptions(options: readonly string[], violations: Violation[]): void {
  for (const option of options) {
    if (/^no-new-privileges(?:[:=]true)?$/.test(option)) continue
    violations.push({
      rule: 'run.security',
      what: `HostConfig.SecurityOpt = ${option}`,
      why: "the engine's own profiles hold for every container of a worker",
      instead: ['--security-opt no-new-privileges'],
    })
  }
}

/** Where the policy gives no policy that restarts for ever. */
const MOST_RETRIES = 10

/**
 * The restart policy as it is sent.
 * @param binds sources of bind mounts that an engine would mount as they are by then, and where each was asked for
 * @param mend what gives such a folder with a restart policy
 */
export function planRestart(
  run: RunPolicy,
  restart: { readonly name: string; readonly retries: number },
  binds: readonly { readonly source: string; readonly at: string }[],
  facts: Pick<Facts, 'roots'>,
  violations: Violation[],
  mend = 'a mount of its own, without :z',
): RestartPlan {
  const name = restart.name === '' ? 'no' : restart.name
  if (name === 'no') return { name, retries: 0 }
  const what = `HostConfig.RestartPolicy = ${name}`
  if (!run.restart.some((allowed) => allowed === name)) {
    violations.push({
      rule: 'run.restart',
      what,
      why: 'this restart policy is not given',
      instead: [`--restart ${run.restart.join(' | ')}`],
    })
  }
  // After a reboot an engine would make an empty folder where the gate held what was decided on.
  const replaceable = binds.find((bind) => !isBindRoot(run, bind.source, facts))
  if (replaceable !== undefined) {
    violations.push({
      rule: 'run.restart',
      what: `${what} with ${replaceable.at}`,
      why: 'after a reboot the engine would restart the container before the gate holds this folder again',
      instead: [
        mend,
        `the root itself: ${run.binds.map((root) => root.path).join(' | ')}`,
        'a named volume',
        '--restart no',
      ],
    })
  }
  if (name !== 'on-failure') return { name, retries: 0 }
  const isEndless = run.restart.some((allowed) => allowed === 'always' || allowed === 'unless-stopped')
  return {
    name,
    retries: isEndless ? restart.retries : Math.min(restart.retries || MOST_RETRIES, MOST_RETRIES),
  }
}

const FILE_DRIVERS = ['json-file', 'local']
const MOST_FILES = 3

/**
 * Logging as it is sent: to files of a limited size.
 * @param standard the engine's own driver, used where the client names none
 */
export function planLog(
  limits: Limits,
  log: RequestedLog,
  standard: string,
  violations: Violation[],
): CreatePlan['log'] {
  const driver = log.driver === '' ? standard : log.driver
  const options = log.options.reveal()
  if (driver === 'none') return { driver, options: {} }
  if (!FILE_DRIVERS.includes(driver)) {
    // The operator's default (journald, say) has the operator's limits.
    if (log.driver === '' && options.size === 0) return undefined
    const why = 'logs of workers are kept by the engine, in files'
    violations.push({
      rule: 'run.log',
      what: `HostConfig.LogConfig.Type = ${driver}`,
      why,
      instead: ['--log-driver local'],
    })
  }
  for (const name of options.keys()) {
    if (PLAIN_LOG_OPTIONS.includes(name)) continue
    violations.push({
      rule: 'run.log',
      what: `--log-opt ${name}`,
      why: 'this option is not given to workers',
      instead: [],
    })
  }
  const size = parseSize(options.get('max-size') ?? '') ?? 0
  const files = Number.parseInt(options.get('max-file') ?? '', 10)
  const compress = options.get('compress') === 'true' ? { compress: 'true' } : {}
  return {
    driver,
    options: {
      'max-size': formatSize(size > 0 ? Math.min(size, limits.log) : limits.log).replace(/b$/, ''),
      'max-file': String(files > 0 ? Math.min(files, MOST_FILES) : MOST_FILES),
      ...compress,
    },
  }
}
