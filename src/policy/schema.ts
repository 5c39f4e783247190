/** The policy file's form: what editors complete, and what a checked file is made of. */
import { isPlaceholder } from './argv.ts'
import * as z from 'zod'
import { mcp } from './mcp.ts'
import type { DockerPolicy, ExecPolicy, PortRange, SocketPolicy } from './policy.ts'
import {
  bindPath,
  capability,
  cpus,
  engine,
  fault,
  hint,
  image,
  path,
  portRange,
  size,
  ulimit,
  socketPath,
  subnet,
  workerName,
} from './schema-values.ts'
import { REACH_WORDS, UNRECORDED_WORDS, expandWord, expandWords, SPELLINGS } from './subcommands.ts'
import { ULIMITS } from './ulimits.ts'

/** The least memory that Docker gives a container. */
const LEAST_MEMORY = 6 * 2 ** 20
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

const command = z.enum(SPELLINGS).meta({ id: 'command' })
const objectName = z.string().regex(NAME, 'must be the full name of an object of Docker, as ollama or web-1')
const account = z
  .string()
  .regex(/^[a-z_0-9][a-z0-9_-]{0,31}\$?$/, 'must be the name or number of an account, a number in quotes')
const mode = z
  .string()
  .regex(/^0?[0-7]{3}$/, 'must be three octal digits in quotes, as "0660"')
  .transform((digits) => Number.parseInt(digits, 8))

const socket = z
  .union(
    [
      socketPath.describe('Path of the socket.'),
      z.strictObject({
        path: socketPath.describe('Path of the socket.'),
        owner: account.optional().describe("Account that owns the socket. Default: the gate's own."),
        group: account.optional().describe("Group of the socket. Default: the gate's own."),
        mode: mode.prefault('0660').describe('Permission bits of the socket.'),
        directory_mode: mode
          .prefault('0750')
          .describe('Permission bits of its directory, if the gate makes it.'),
      }),
    ],
    'must be a path, or a map with path, owner, group, mode, directory_mode',
  )
  .transform((written): SocketPolicy => {
    if (typeof written === 'string')
      return { path: written, owner: undefined, group: undefined, mode: 0o660, directoryMode: 0o750 }
    const { path: at, owner, group, mode: bits, directory_mode: directoryMode } = written
    return { path: at, owner, group, mode: bits, directoryMode }
  })

const total = z
  .strictObject({
    memory: size(LEAST_MEMORY).optional().describe('Default: containers × memory.'),
    cpus: cpus.optional().describe('Default, and at most: containers × cpus.'),
  })
  .describe("Over all of the worker's containers that exist.")

const limits = z.strictObject({
  memory: size(LEAST_MEMORY).prefault('1g').describe('Memory of each container: 512m, 4g.'),
  cpus: cpus.prefault(1).describe('CPUs of each container, up to three decimals.'),
  pids: z.int().min(1).max(4_194_304).prefault(256).describe('Processes and threads in each container.'),
  containers: z.int().min(1).max(10_000).prefault(10).describe('Containers that may exist at once.'),
  networks: z
    .int()
    .min(0)
    .max(1000)
    .prefault(10)
    .describe('Networks that may exist at once; each takes a subnet.'),
  volumes: z.int().min(0).max(10_000).prefault(50).describe('Named volumes that may exist at once.'),
  nofile: z
    .int()
    .min(1)
    .max(1_048_576)
    .prefault(65_536)
    .describe('Most open files that --ulimit may ask for.'),
  shm: size(4096).prefault('64m').describe('Size of /dev/shm in each container.'),
  tmpfs: size(4096)
    .optional()
    .describe('Size of each tmpfs; what is in it is memory of the container. Default: memory.'),
  log: size(4096)
    .prefault('10m')
    .describe("Size at which a container's log is rotated; three files are kept."),
  total: total.prefault({}),
})

const ports = z
  .strictObject({
    address: z
      .union([z.ipv4(), z.ipv6()], 'must be an IP address, as 127.0.0.1')
      .prefault('127.0.0.1')
      .describe('Address of the host that ports are published on.'),
    range: portRange.describe('Ports of the host: one, or first and last: 80, 20000-20999.'),
  })
  .transform(({ address, range }): PortRange => ({ address, ...range }))

const run = z.strictObject({
  images: z
    .array(image)
    .prefault([])
    .describe(
      'Images that may be run and pulled: alpine, ghcr.io/acme/*, alpine:3.*. * is any part between two slashes, ** of several.',
    ),
  binds: z
    .array(
      z
        .strictObject({
          path: path.describe('A folder of the host; it and everything in it may be mounted.'),
          mode: z.enum(['ro', 'rw']).describe('ro: read only; rw: containers write in it as root.'),
        })
        .transform(bindPath),
    )
    .prefault([])
    .describe('Folders of the host that may be mounted.'),
  ports: z
    .union([ports, z.array(ports)], 'must be a map with range and address, or a list of such maps')
    .prefault([])
    .transform((written): readonly PortRange[] => (Array.isArray(written) ? written : [written]))
    .describe('Ports that may be published: one range, or a list of them.'),
  limits: limits.prefault({}).describe('Caps; each has a default.'),
  networks: z
    .array(
      objectName.refine(
        (name) => name !== 'host',
        "would be the host's own network, which is not given to workers",
      ),
    )
    .prefault([])
    .describe("The operator's networks that containers may join."),
  subnets: z
    .array(subnet)
    .prefault([])
    .describe(
      'Subnets in which the worker may choose those of its own networks, and addresses in them: [172.30.0.0/16].',
    ),
  capabilities: z
    .array(capability)
    .prefault([])
    .describe("Capabilities beyond Docker's default set: NET_ADMIN."),
  ulimits: z
    .partialRecord(z.enum(ULIMITS), ulimit)
    .prefault({})
    .describe(
      'Most that --ulimit may ask for, by name: { memlock: unlimited, nofile: 1048576, rtprio: 10 }.',
    ),
  restart: z
    .array(z.enum(['no', 'on-failure', 'unless-stopped', 'always']))
    .prefault(['no', 'on-failure'])
    .describe('Restart policies that containers may have.'),
  docker_socket: z
    .enum(['own', 'off'])
    .prefault('off')
    .describe(
      "own: a mount of the engine's usual socket is one of the worker's own, so that what is in the container is this worker; off: it is refused.",
    ),
  labels: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9][\w./-]*\*?$/, 'must be the name of a label, or how it begins and *: traefik.*'),
    )
    .prefault([])
    .describe('Labels that programs of the host act on, and that containers may have: [traefik.*].'),
  names: z
    .enum(['own', 'shared'])
    .prefault('own')
    .describe(
      "own: containers, networks, volumes and compose projects of the worker are called WORKER.NAME on the engine, and nobody else's are in their way; shared: they are called as the worker says.",
    ),
})

/** A value of a parameter: no option, nothing that a terminal or a shell takes for something else. */
const VALUE = /^(?!-)[!-~]{1,128}$/

const commandLine = z
  .string()
  .regex(/^[!-~]+(?: [!-~]+)*$/, 'must be words with one space between, as "ollama pull <model>"')
  .refine(
    (line) =>
      line.split(' ').every((word, index) => !/[<>]/.test(word) || (index > 0 && isPlaceholder(word))),
    'may have <name> as a whole word behind the first, and no other < or >',
  )
  .transform((line) => line.split(' '))

/** Words reach the program as they are: nothing stands between that would take quotes away or put something in. */
const argvLine = commandLine
  .refine(
    (words) => words.join(' ') !== '*',
    'is a command line in a list; any program in its own containers is own: "*"',
  )
  .refine(
    (words) => !words.some((word) => (word === '*' && words.length > 1) || /['"`|;]/.test(word)),
    'is compared word by word, as it stands, without a shell: no quotes, | or ;, and <name> for any one word',
  )

const exec = z
  .object({
    own: z
      .union([z.literal('*'), z.array(argvLine)])
      .prefault([])
      .describe("In the worker's own containers: command lines, or * for any."),
  })
  .catchall(
    z.array(argvLine).describe('Command lines in this container of the operator, as ollama pull <model>.'),
  )
  .transform(({ own, ...named }): ExecPolicy => ({ own: own === '*' ? 'any' : own, named }))

const docker = z.strictObject({
  allow: z
    .array(command)
    .describe("Docker's commands that the worker may use, on its own objects.")
    .transform(expandWords),
  reach: z
    .record(objectName, z.array(z.enum(REACH_WORDS, { error: reachProblem })).transform(expandWords))
    .prefault({})
    .describe("The operator's containers by name, and the commands the worker may use on each."),
  exec: exec.prefault({}).describe('Programs that may be run in containers that are there, by docker exec.'),
  run: run.prefault({}).describe("What the worker's containers may be."),
  hints: z
    .partialRecord(command, hint)
    .transform(expandKeys)
    .prefault({})
    .describe('Help of your own, printed when that command is refused.'),
  unrecorded: z
    .array(z.enum(UNRECORDED_WORDS, { error: unrecordedProblem }))
    .transform(expandWords)
    .prefault([])
    .describe('Reads that may go on while the record cannot be written.'),
  connections: z.int().min(1).max(1024).prefault(64).describe('Most connections of the worker at once.'),
})

const host = z.strictObject({
  allow: z
    .array(commandLine)
    .prefault([])
    .describe('Command lines that the gate runs on the host, as journalctl -u <unit> -n <lines>.'),
  parameters: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be the name between < and >'),
      z.union(
        [z.string().min(1).max(200), z.array(z.string().regex(VALUE, 'must be one plain word')).min(1)],
        'must be a regular expression, a range as 1..1000, or a list of words in quotes',
      ),
    )
    .prefault({})
    .describe('What each <name> may be: a regular expression for the whole word, a range, or a list.'),
  programs: z
    .record(
      z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'must be the name that lines of allow begin with'),
      path,
    )
    .prefault({})
    .describe('Absolute paths of programs that do not come with dockgate, by the name in allow.'),
})

const ENGINE = 'The Docker Engine, as unix:///var/run/docker.sock. Default: it is looked for.'

const engineSection = z
  .union(
    [
      engine,
      z.strictObject({
        url: engine.optional().describe(ENGINE),
        refuse_vulnerable: z
          .boolean()
          .prefault(false)
          .describe('Whether words are refused by which a known fault of the engine leads to the host.'),
        accept: z
          .array(fault)
          .prefault([])
          .describe('Faults that are not told, and for which nothing is refused: [CVE-2025-52881].'),
      }),
    ],
    'must be an address, or a map with url, refuse_vulnerable, accept',
  )
  .optional()
  .describe(ENGINE)
  .transform((written) => {
    if (written === undefined || typeof written === 'string')
      return { url: written, refused: false, accepted: [] }
    return { url: written.url, refused: written.refuse_vulnerable, accepted: written.accept }
  })

export const policyFile = z.strictObject({
  version: z.literal(1).describe("The format's version."),
  engine: engineSection,
  policy: z
    .strictObject({
      on_reload: z
        .enum(['drain', 'cut'])
        .prefault('drain')
        .describe(
          'What a new policy does to workers whose section it changes. drain: ends what it refuses; cut: ends every connection.',
        ),
    })
    .prefault({})
    .describe('How policies come into force.'),
  workers: z
    .record(
      workerName,
      z.strictObject({
        inherits: z
          .boolean()
          .prefault(false)
          .describe('Whether it is given what a worker had that was there under its name before.'),
        socket,
        docker,
        host: host.prefault({}).describe('Diagnostics of the host, which the gate runs.'),
        mcp: mcp.optional(),
      }),
    )
    .refine((workers) => Object.keys(workers).length > 0, 'must name at least one worker')
    .describe('Who may do what, by name.'),
})

/** A file whose every value is checked; what concerns several values is not. */
export type PolicyFile = z.output<typeof policyFile>
export type WorkerFile = PolicyFile['workers'][string]

function expandKeys(hints: Readonly<Record<string, string | undefined>>): DockerPolicy['hints'] {
  const all = Object.entries(hints).flatMap(([word, text]) =>
    text === undefined ? [] : expandWord(word).map((right) => [right, text] as const),
  )
  return Object.fromEntries(all)
}

function reachProblem({ input }: { readonly input: unknown }): string | undefined {
  if (typeof input !== 'string' || expandWord(input).length === 0) return undefined
  return `${JSON.stringify(input)} is not done to one container; reach takes inspect, logs, restart and the like`
}

function unrecordedProblem({ input }: { readonly input: unknown }): string | undefined {
  if (typeof input !== 'string' || expandWord(input).length === 0) return undefined
  return `${JSON.stringify(input)} must be recorded; only ${UNRECORDED_WORDS.filter(isCanonical).join(', ')} may go on unrecorded`
}

function isCanonical(word: string): boolean {
  return expandWord(word)[0] === word
}
