/** From a checked file to the policy: defaults that depend on other values, and what workers must not share. */
import type { Finding } from './finding.ts'
import { buildHost } from './host/build.ts'
import { imageHostOf } from './image-space.ts'
import { mcpFindings } from './mcp.ts'
import { isWithin, withoutRunLink } from './paths.ts'
import { commonPorts, describePorts } from './ports.ts'
import type { BindRoot, FaultPolicy, Limits, Policy, WorkerPolicy } from './policy.ts'
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
  return { ...policy, workers: workers.map(withoutCovered) }
}

function buildWorker(
  name: string,
  { inherits, socket, docker, host, mcp }: WorkerFile,
  faults: FaultPolicy,
  findings: Finding[],
): WorkerPolicy {
  const { docker_socket: dockerSocket, ...run } = docker.run
  const limitsPath = ['workers', name, 'docker', 'run', 'limits', 'total']
  findings.push(...totalFindings(run.limits, limitsPath), ...portFindings(run.ports, name))
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
        covered: [],
        dockerSocket,
        socketPath: socket.path,
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

/** A port is given once on each address: who takes a range away must not find it given by another entry. */
function portFindings(ports: WorkerFile['docker']['run']['ports'], worker: string): readonly Finding[] {
  return ports.flatMap((entry, index) => {
    const before = ports
      .slice(0, index)
      .flatMap((other) => (other.address === entry.address ? (commonPorts(other, entry) ?? []) : []))[0]
    if (before === undefined) return []
    const path = ['workers', worker, 'docker', 'run', 'ports', index, 'range']
    const message = `an entry before it gives ${describePorts({ ...before, address: entry.address })} already`
    return [{ path, at: 'value' as const, message }]
  })
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

const OWN_OUTER = 'what is mounted of the outer one is written in there too: name folders beside it instead'
const OTHERS_OUTER = 'who writes there could put a link in its place: name a folder beside it instead'

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
      const finding = (message: string, hint?: string): readonly Finding[] => [
        { path, at: 'value', message, ...(hint !== undefined && { hint }) },
      ]
      const held = sockets.find((socket) => isWithin(socket, withoutRunLink(root)))
      if (held !== undefined) return finding(`the socket ${held} is in it`)
      // What is the worker's to write in is its own, down to the last folder.
      if (coveredBy(docker.run.binds, docker.run.binds[index]) !== undefined) return []
      // Whoever writes in the outer folder could put a link in the inner one's place.
      const outer = writable.find((folder) => folder !== root && isWithin(root, folder))
      if (outer === undefined) return []
      const own = docker.run.binds.some(({ path: folder, mode }) => mode === 'rw' && folder === outer)
      const hint = own ? OWN_OUTER : OTHERS_OUTER
      return finding(`it lies in ${outer}, in which a worker may write`, hint)
    }),
  )
}

/** The folder of a worker's of mode `rw` that another one of its, likewise, lies in. */
function coveredBy(binds: readonly BindRoot[], inner: BindRoot | undefined): string | undefined {
  if (inner?.mode !== 'rw') return undefined
  const around = binds.filter(
    ({ path, mode }) => mode === 'rw' && path !== inner.path && isWithin(inner.path, path),
  )
  // The outermost, which lies in no other.
  return around.toSorted((one, other) => one.path.length - other.path.length)[0]?.path
}

/**
 * A folder in one that the same worker may write in is no root: as such an engine would be given its path, and where it leads to the
 * worker can change. It is found, and held, as all is that lies below the outer one.
 */
function withoutCovered(worker: WorkerPolicy): WorkerPolicy {
  const { docker } = worker
  const { binds } = docker.run
  const covered = binds.flatMap((root, index) => {
    const by = coveredBy(binds, root)
    return by === undefined ? [] : [{ path: root.path, by, index }]
  })
  const roots = binds.filter((_, index) => !covered.some((one) => one.index === index))
  return { ...worker, docker: { ...docker, run: { ...docker.run, binds: roots, covered } } }
}

function enginePath(engine: string): string {
  return withoutRunLink(engine.slice('unix://'.length))
}

function socketAt(worker: string): readonly string[] {
  return ['workers', worker, 'socket']
}
