/** Policies to start from for programs that make containers of their own: sandboxes of agents, dev containers, tests, jobs. */
import { wordsIn } from '../shared/words.ts'
import { beginning, value, type Start } from './starter.ts'

interface Program {
  /** What is made, and what the program itself has to be told. */
  readonly about: readonly string[]
  /** Where the socket is, for a worker. */
  readonly socket: (worker: string) => string
  readonly allow: readonly string[]
  readonly images: readonly string[]
  readonly limits: Readonly<Record<string, string | number>>
  readonly capabilities?: readonly string[]
  /** Ports of the host that its containers publish. */
  readonly ports?: string
  /** Why its containers mount the engine's socket. */
  readonly dockerSocket?: string
}

const usual = (worker: string): string => `/run/dockgate/${worker}/docker.sock`

const NETWORKS_AND_VOLUMES = [
  'network ls',
  'network inspect',
  'network create',
  'network connect',
  'network disconnect',
  'network rm',
  'volume ls',
  'volume create',
  'volume rm',
]

const PROGRAMS: Readonly<Record<string, Program>> = {
  openclaw: {
    about: [
      "OpenClaw's sandboxes: one container for each agent or session, without network, in which its tools run by exec.",
      'In openclaw.json: agents.defaults.workspace and agents.defaults.sandbox.workspaceRoot below the folder under binds.',
      'OpenClaw in a container looks itself up by its host name: give it reach: { NAME-OF-ITS-CONTAINER: [inspect] }.',
      'An agent that is to use Docker in its sandbox gets the folder of a socket as a bind; /run is blocked for that there.',
    ],
    socket: (worker) => `/srv/dockgate/${worker}/docker.sock`,
    allow: wordsIn('ps inspect logs images info version create start stop kill rm exec pull'),
    images: ['docker.io/library/openclaw-sandbox:*', 'docker.io/library/debian:*'],
    limits: { memory: '2g', cpus: 2, pids: 512, containers: 16 },
  },
  gemini: {
    about: [
      "Gemini CLI's sandbox: GEMINI_SANDBOX=docker runs all of it in a container that has its folder, ~/.gemini and the temporary folder mounted.",
      'Start it with HOME and TMPDIR in the folder under binds, and work in a folder below that.',
    ],
    socket: usual,
    allow: wordsIn('ps inspect images info version run stop kill rm pull'),
    images: ['us-docker.pkg.dev/gemini-code-dev/gemini-cli/sandbox'],
    limits: { memory: '4g', cpus: 2, pids: 512, containers: 4 },
  },
  devcontainer: {
    about: [
      'Dev containers of an editor or of the devcontainer CLI. The project lies in the folder under binds; what devcontainer.json mounts beside it,',
      'as ~/.gitconfig, is refused: copy it there. Features and Dockerfiles need builds.',
    ],
    socket: usual,
    allow: [
      ...wordsIn('ps inspect logs images info version events run start stop kill rm exec pull build tag'),
      'network ls',
      'volume ls',
      'volume create',
      'volume rm',
    ],
    images: ['mcr.microsoft.com/devcontainers/**', 'docker.io/library/*'],
    limits: { memory: '4g', cpus: 2, pids: 1024, containers: 8 },
    capabilities: ['NET_ADMIN'],
  },
  testcontainers: {
    about: [
      'Testcontainers, in any language: containers for tests, and their reaper, which removes what a run leaves (docs/guides/testcontainers.md).',
      'It publishes ports on loopback. Images of modules that you use go under images; those of a build are its own.',
    ],
    socket: usual,
    allow: [
      ...wordsIn(
        'ps inspect logs images info version events run start stop restart kill rm exec cp commit pull build tag rmi',
      ),
      ...NETWORKS_AND_VOLUMES,
      'compose',
    ],
    images: ['docker.io/library/*', 'docker.io/testcontainers/*'],
    limits: { memory: '2g', cpus: 2, pids: 1024, containers: 32, networks: 20 },
    ports: '20000-20999',
    dockerSocket: 'The reaper mounts it. Without this key: TESTCONTAINERS_RYUK_DISABLED=true for the tests.',
  },
  ci: {
    about: [
      'A CI runner that has its jobs in containers: act, act_runner, forgejo-runner, gitlab-runner (docs/guides/ci-runners.md says what to set in each).',
      'Each job has a network of its own, and Docker in it is this worker. The runner is the worker; what a job may it may.',
    ],
    socket: usual,
    allow: [
      ...wordsIn(
        'ps inspect logs images info version events run start stop restart kill rm attach exec cp pull build tag rmi',
      ),
      ...NETWORKS_AND_VOLUMES,
      'volume inspect',
      'compose',
    ],
    images: ['docker.io/library/*', 'docker.io/catthehacker/*', 'registry.gitlab.com/gitlab-org/**'],
    limits: { memory: '4g', cpus: 2, pids: 2048, containers: 16, networks: 20, volumes: 100 },
    ports: '20000-20999',
    dockerSocket: 'Jobs mount it, to build and to start containers of theirs.',
  },
  hermes: {
    about: [
      "Hermes' own docker backend (terminal.backend: docker): one container that its commands run in by exec.",
      'It tries whether --storage-opt is to be had and goes on without. In config.yaml: terminal.container_memory within the limits below.',
    ],
    socket: usual,
    allow: wordsIn('ps inspect logs images info version run start stop kill rm exec pull'),
    images: ['docker.io/nikolaik/python-nodejs:*'],
    limits: { memory: '5g', cpus: 2, pids: 512, containers: 4, shm: '1g' },
  },
}

/** Names that `dockgate init --for` takes. */
export const PROGRAM_NAMES: readonly string[] = Object.keys(PROGRAMS)

export interface Starter {
  readonly text: string
  /** Path of the worker's socket in it. */
  readonly socket: string
}

/** A policy for one of them; undefined where there is none of that name. */
export function starterFor(name: string, start: Start): Starter | undefined {
  const [, found] = Object.entries(PROGRAMS).find(([one]) => one === name) ?? []
  return found === undefined ? undefined : { text: written(found, start), socket: found.socket(start.worker) }
}

function written(program: Program, start: Start): string {
  const { about, socket, allow, images, limits, capabilities, ports, dockerSocket } = program
  const { worker } = start
  const list = (words: readonly string[]): string =>
    words.map((word) => `          - ${value(word)}\n`).join('')
  const firewall =
    capabilities === undefined
      ? ''
      : `        # For containers that make a firewall of their own, as that of Claude Code does.
        capabilities:
${list(capabilities)}`
  const published =
    ports === undefined
      ? ''
      : `        # Ports of this host that its containers publish, for programs of this host alone.
        ports: { address: 127.0.0.1, range: ${ports} }
`
  const nested =
    dockerSocket === undefined
      ? ''
      : `        # A mount of the engine's socket is one of the worker's own: what runs in that container is this worker.
        # ${dockerSocket}
        docker_socket: own
`
  return `${beginning(start, socket(worker))}    # For:
${about.map((line) => `    # ${line}\n`).join('')}    docker:
      allow:
${allow.map((word) => `        - ${word}\n`).join('')}      run:
        images:
${list(images)}        # The folder that its containers may mount. In rw they write as root.
        binds:
          - { path: ${value(`/srv/${worker}`)}, mode: rw }
${firewall}${published}${nested}        limits:
${Object.entries(limits)
  .map(([key, limit]) => `          ${key}: ${limit}\n`)
  .join('')}`
}
