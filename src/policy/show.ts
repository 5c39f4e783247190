/** A policy in plain words: what each worker gets, and what that means. */
import { describeValues } from './host/values.ts'
import type { HostPolicy } from './host/policy.ts'
import {
  ACTED_ON_LABELS,
  NAMED_IMAGES,
  bindNote,
  hostNote,
  imageNote,
  mcpNote,
  OWN_SOCKET,
  portNote,
  restartNote,
  SHARED_NAMES,
  socketNote,
  subnetNote,
  ulimitNote,
} from './notes.ts'
import { describeChoices, describePorts } from './ports.ts'
import { alsoGives } from './grants.ts'
import { mcpUrl } from './mcp-url.ts'
import type { ArgvPattern } from './argv.ts'
import type {
  DockerPolicy,
  ExecPolicy,
  FaultPolicy,
  Limits,
  Policy,
  RunPolicy,
  SocketPolicy,
  WorkerPolicy,
} from './policy.ts'
import { formatCpus, formatSize } from '../shared/sizes.ts'
import { known, SUBCOMMANDS, type Subcommand, type Word } from './subcommands.ts'

const WIDTH = 100

/** Words by which a worker gives names to images. */
const NAMING: readonly Subcommand[] = ['build', 'commit', 'import', 'load', 'tag', 'compose']

/** A heading and the lines under it. */
export interface Group {
  readonly title: string
  readonly lines: readonly string[]
}

/** The policy as text of several lines, none longer than 100 characters where words allow it; `!` marks what to think about. */
export function describePolicy(policy: Policy): string {
  const engine = policy.engine ?? 'looked for when the gate starts'
  const cut =
    policy.onReload === 'cut' ? ['a new policy ends every connection of workers that it changes'] : []
  return [
    `engine: ${engine}`,
    ...cut,
    ...policy.workers.flatMap((worker) => ['', ...describeWorker(worker)]),
  ].join('\n')
}

/** One worker of a policy, in lines. */
export function describeWorker(worker: WorkerPolicy): readonly string[] {
  const groups = groupsOf(worker)
  return [
    `worker ${worker.name}`,
    ...groups.flatMap(({ title, lines }) => [`  ${title}`, ...lines.flatMap(wrap)]),
  ]
}

/** The same in groups, each with a line for each thing that there is to say. */
export function groupsOf({ inherits, socket, docker, host, mcp }: WorkerPolicy): readonly Group[] {
  const { allow, run } = docker
  const more = allow.map((word) => [word, alsoGives(word).filter((other) => !allow.includes(other))] as const)
  const given = new Set([...allow, ...more.flatMap(([, others]) => others)])
  const refused = SUBCOMMANDS.filter((word) => !given.has(word))
  return [
    { title: 'socket', lines: describeSocket(socket, docker.connections) },
    ...(mcp === undefined
      ? []
      : [
          {
            title: 'MCP over HTTP',
            lines: [`${mcpUrl(mcp)}, with the token in ${mcp.token}`, ...noted(mcpNote(socket))],
          },
        ]),
    {
      title: 'its own containers, images, networks and volumes',
      lines: [
        listed(allow, 'nothing'),
        ...more.flatMap(([word, others]) =>
          others.length === 0 ? [] : [`${word} also gives: ${listed(inOrder(others), '')}`],
        ),
        ...notes(allow, (word) => word.note),
      ],
    },
    { title: "the operator's containers", lines: describeReach(docker) },
    { title: 'programs in containers that are there (exec)', lines: describeExec(docker.exec) },
    ...describeRun(run, allow),
    { title: 'diagnostics of the host, which the gate runs', lines: describeHost(host) },
    ...(docker.unrecorded.length > 0
      ? [{ title: 'goes on while the record cannot be written', lines: [listed(docker.unrecorded, '')] }]
      : []),
    { title: 'not allowed', lines: [listed(refused, "none of Docker's commands")] },
    ...describeFaultPolicy(docker.faults),
    ...(Object.keys(docker.hints).length > 0
      ? [{ title: 'told when refused', lines: pairs(docker.hints) }]
      : []),
    ...(inherits ? [{ title: 'inherits', lines: ['what workers had that had its name before'] }] : []),
  ]
}

/** What is done about faults of the engine, where it is more than to tell them. */
function describeFaultPolicy({ refused, accepted }: FaultPolicy): readonly Group[] {
  if (!refused && accepted.length === 0) return []
  const lines = [
    ...(refused ? ['words by which one leads to the host are refused'] : []),
    ...(accepted.length === 0 ? [] : [`accepted: ${listed(accepted, '')}`]),
  ]
  return [{ title: 'faults that the engine is known to have', lines }]
}

function inOrder(words: readonly Subcommand[]): readonly Subcommand[] {
  return SUBCOMMANDS.filter((word) => words.includes(word))
}

function describeSocket(socket: SocketPolicy, connections: number): readonly string[] {
  const owner = `owner ${socket.owner ?? "the gate's"}, group ${socket.group ?? "the gate's"}`
  return [
    `${socket.path} (mode ${octal(socket.mode)}, directory ${octal(socket.directoryMode)}, ${owner})`,
    ...noted(socketNote(socket)),
    `${connections} connections at once`,
  ]
}

function describeReach({ reach }: DockerPolicy): readonly string[] {
  const containers = Object.entries(reach)
  if (containers.length === 0) return ['none']
  return containers.flatMap(([name, words]) => [
    `${name}: ${listed(words, 'nothing')}`,
    ...notes(words, (word) => word.reach),
  ])
}

function describeHost({ allow }: HostPolicy): readonly string[] {
  if (allow.length === 0) return ['none']
  const values = new Map(
    allow.flatMap(({ words }) =>
      words.flatMap((word) => ('name' in word ? [[word.name, describeValues(word.values)] as const] : [])),
    ),
  )
  return [
    ...allow.map(({ line }) => line),
    ...[...values].map(([name, described]) => `<${name}> is ${described}`),
    ...[...new Set(allow.flatMap(({ program }) => noted(hostNote(program))))],
  ]
}

function describeExec({ own, named }: ExecPolicy): readonly string[] {
  const commands = (patterns: readonly ArgvPattern[]): string =>
    patterns.length === 0 ? 'nothing' : patterns.map((pattern) => pattern.join(' ')).join('; ')
  return [
    `in its own containers: ${own === 'any' ? 'anything' : commands(own)}`,
    ...Object.entries(named).map(([name, patterns]) => `in ${name}: ${commands(patterns)}`),
  ]
}

function describeRun(run: RunPolicy, allow: readonly Subcommand[]): readonly Group[] {
  const { images, binds, covered, ports, capabilities, ulimits, restart, names } = run
  return [
    {
      title: 'images',
      lines:
        images.length === 0
          ? ['none, so nothing can be run']
          : [
              ...images.flatMap((image) => [image, ...noted(imageNote(image))]),
              ...noted(
                names === 'shared' && NAMING.some((word) => allow.includes(word)) ? NAMED_IMAGES : undefined,
              ),
            ],
    },
    {
      title: 'folders of the host',
      lines:
        binds.length === 0
          ? ['none']
          : [
              ...binds.flatMap((bind) => [`${bind.path} (${bind.mode})`, ...noted(bindNote(bind))]),
              ...covered.map(({ path, by }) => `${path}: a part of ${by}, which gives it`),
            ],
    },
    {
      title: 'published ports',
      lines:
        ports.length === 0
          ? ['none']
          : [
              ...ports.flatMap((entry) => [describePorts(entry), ...noted(portNote(entry))]),
              ...describeChoices(ports),
            ],
    },
    ...describeNames(run),
    { title: 'limits', lines: describeLimits(run.limits) },
    describeNetworks(run),
    ...(capabilities.length > 0
      ? [{ title: "capabilities beyond Docker's default", lines: [listed(capabilities, '')] }]
      : []),
    ...(Object.keys(ulimits).length > 0 ? [{ title: 'ulimits', lines: describeUlimits(ulimits) }] : []),
    {
      title: 'restart policies',
      lines: [listed(restart, 'no'), ...new Set(restart.flatMap((name) => noted(restartNote(name))))],
    },
  ]
}

/** Which networks the worker's containers may be in, and which subnets its own may have. */
function describeNetworks({ networks, subnets }: RunPolicy): Group {
  return {
    title: 'networks',
    lines: [
      `its own, Docker's default bridge${networks.map((name) => `, ${name}`).join('')}`,
      ...(networks.length > 0 ? ['! its containers reach whatever else is in these networks'] : []),
      ...subnets.flatMap((one) => [`own subnets and addresses in ${one.text}`, ...noted(subnetNote(one))]),
    ],
  }
}

/** What is told of names, labels and sockets, where they are other than usual. */
function describeNames({ labels, dockerSocket, names }: RunPolicy): readonly Group[] {
  return [
    ...(labels.length > 0
      ? [
          {
            title: 'labels that programs of the host act on',
            lines: [listed(labels, ''), ...noted(ACTED_ON_LABELS)],
          },
        ]
      : []),
    ...(dockerSocket === 'own'
      ? [
          {
            title: 'Docker in its containers',
            lines: ["its own socket, where they mount the engine's", ...noted(OWN_SOCKET)],
          },
        ]
      : []),
    ...(names === 'shared' ? [{ title: 'names', lines: ['as it says', ...noted(SHARED_NAMES)] }] : []),
  ]
}

function describeLimits(limits: Limits): readonly string[] {
  const { memory, nanoCpus, pids, nofile, shm, log, containers, networks, volumes } = limits
  const total = `memory ${formatSize(limits.totalMemory)}, CPUs ${formatCpus(limits.totalNanoCpus)}`
  return [
    [
      `each container: memory ${formatSize(memory)}, CPUs ${formatCpus(nanoCpus)}, processes ${pids}`,
      `--ulimit nofile up to ${nofile}, /dev/shm ${formatSize(shm)}, log ${formatSize(log)} three times`,
    ].join(', '),
    `together: containers ${containers}, networks ${networks}, named volumes ${volumes}, ${total}`,
    ...noted(roomNote(limits)),
  ]
}

/** The most that may be asked for; sizes are in bytes, as ulimits are. */
function describeUlimits(ulimits: RunPolicy['ulimits']): readonly string[] {
  const most = Object.entries(ulimits).map(
    ([name, amount]) => `${name} ${amount === Infinity ? 'unlimited' : amount}`,
  )
  return [`--ulimit up to: ${listed(most, '')}`, ...noted(ulimitNote(Object.keys(ulimits)))]
}

/** What a container does not ask for it is given, and counted with, in full. */
function roomNote({ memory, nanoCpus, containers, totalMemory, totalNanoCpus }: Limits): string | undefined {
  const room = Math.floor(Math.min(totalMemory / memory, totalNanoCpus / nanoCpus))
  return room < containers
    ? `there is room for ${room} containers, unless they ask for less than each may have`
    : undefined
}

function notes(
  words: readonly Subcommand[],
  meaningOf: (word: Word) => string | undefined,
): readonly string[] {
  return words.flatMap((word) => {
    const meaning = meaningOf(known(word)) ?? ''
    return meaning === '' ? [] : [`! ${word} ${meaning}`]
  })
}

function noted(note: string | undefined): readonly string[] {
  return note === undefined ? [] : [`! ${note}`]
}

function pairs(texts: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(texts).map(([word, text]) => `${word}: ${text}`)
}

function listed(words: readonly string[], none: string): string {
  return words.length === 0 ? none : words.join(', ')
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`
}

/** One line as several, the later ones further in; a list is broken between its words, which may hold spaces. */
function wrap(line: string): readonly string[] {
  const lines = ['   ']
  for (const word of line.split(line.includes(', ') ? /(?<=,) / : ' ')) {
    const last = lines.at(-1) ?? ''
    if (last.length + 1 + word.length > WIDTH) lines.push(`      ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
