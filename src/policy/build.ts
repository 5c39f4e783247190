/** From a checked file to the policy: defaults that depend on other values, and what workers must not share. */
import type { Finding } from './finding.ts'
import { buildHost } from './host/build.ts'
import { imageHostOf } from './image-space.ts'
import { mcpFindings } from './mcp.ts'
import { isWithin, withoutRunLink } from './paths.ts'
import type { FaultPolicy, Limits, Policy, WorkerPolicy } from './policy.ts'
import type { PolicyFile, WorkerFile } from './schema.ts'
import { formatCpus, formatSize } from '../shared/sizes.ts'

type LimitsFile = WorkerFile['docker']['run']['limits']

/** The policy of a file; what is wrong with it as a whole goes into `findings`. */
export function buildPolicy(file: PolicyFile, findings: Finding[]): Policy {
  const { url: engine, ...faults } = file.engine
  const workers = Object.entries(file.workers).map(([name, worker]) =>
    buildWorker(name, worker, faults, findings),
  )
  const policy = { engine, faults, onReload: file.policy.on_reload, workers }
  findings.push(...socketFindings(policy), ...bindFindings(policy), ...mcpFindings(workers))
  return policy
}

function buildWorker(
  name: string,
  { inherits, socket, docker, host, mcp }: WorkerFile,
  faults: FaultPolicy,
  findings: Finding[],
): WorkerPolicy {
  const { run } = docker
  const limitsPath = ['workers', name, 'docker', 'run', 'limits', 'total']
  findings.push(...totalFindings(run.limits, limitsPath))
  return {
    name,
    inherits,
    socket,
    docker: {
      ...docker,
      faults,
      run: {
        ...run,
        imageHost: run.names === 'own' ? imageHostOf(name) : '',
        ports: run.ports,
        limits: buildLimits(run.limits),
      },
    },
    host: buildHost(host, ['workers', name, 'host'], findings),
    mcp,
  }
}

function buildLimits({ cpus: nanoCpus, total, ...each }: LimitsFile): Limits {
  return {
    ...each,
    tmpfs: each.tmpfs ?? each.memory,
    nanoCpus,
    totalMemory: Math.min(total.memory ?? Infinity, each.containers * each.memory),
    totalNanoCpus: Math.min(total.cpus ?? Infinity, each.containers * nanoCpus),
  }
}

function totalFindings({ memory, cpus, total }: LimitsFile, path: readonly string[]): readonly Finding[] {
  const findings: Finding[] = []
  if (total.memory !== undefined && total.memory < memory) {
    const message = `is less than one container may have (limits.memory: ${formatSize(memory)})`
    findings.push({ path: [...path, 'memory'], at: 'value', message })
  }
  if (total.cpus !== undefined && total.cpus < cpus) {
    const message = `is less than one container may have (limits.cpus: ${formatCpus(cpus)})`
    findings.push({ path: [...path, 'cpus'], at: 'value', message })
  }
  return findings
}

/** A socket tells who is asking: each worker has its own, and the engine's is nobody's. */
function socketFindings({ engine, workers }: Pick<Policy, 'engine' | 'workers'>): readonly Finding[] {
  const taken = new Map(engine === undefined ? [] : [[enginePath(engine), 'the engine']])
  return workers.flatMap(({ name, socket }) => {
    const path = withoutRunLink(socket.path)
    const owner = taken.get(path)
    taken.set(path, owner ?? `the worker ${name}`)
    if (owner === undefined) return []
    return [{ path: socketAt(name), at: 'value' as const, message: `is the socket of ${owner} already` }]
  })
}

/** Who can put another socket in its place can pretend to be the gate. */
function bindFindings({ engine, workers }: Pick<Policy, 'engine' | 'workers'>): readonly Finding[] {
  const sockets = [
    ...(engine === undefined ? [] : [enginePath(engine)]),
    ...workers.map(({ socket }) => withoutRunLink(socket.path)),
  ]
  const writable = workers.flatMap(({ docker }) =>
    docker.run.binds.flatMap(({ path, mode }) => (mode === 'rw' ? [path] : [])),
  )
  return workers.flatMap(({ name, docker }) =>
    docker.run.binds.flatMap(({ path: root }, index) => {
      const path = ['workers', name, 'docker', 'run', 'binds', index, 'path']
      const finding = (message: string): readonly Finding[] => [{ path, at: 'value', message }]
      const held = sockets.find((socket) => isWithin(socket, withoutRunLink(root)))
      if (held !== undefined) return finding(`the socket ${held} is in it`)
      // Whoever writes in the outer folder could put a link in the inner one's place.
      const outer = writable.find((folder) => folder !== root && isWithin(root, folder))
      return outer === undefined ? [] : finding(`it lies in ${outer}, in which a worker may write`)
    }),
  )
}

function enginePath(engine: string): string {
  return withoutRunLink(engine.slice('unix://'.length))
}

function socketAt(worker: string): readonly string[] {
  return ['workers', worker, 'socket']
}
