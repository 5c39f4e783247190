/** What a client reads back is what it wrote: the same create to the gate and to an engine is told the same way. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, engineSocket, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor, workDirectory } from '../support/policy.ts'
import { listOf, objectOf, textOf, textsOf } from '../../src/shared/json-value.ts'

/** What differs between two containers of one create, wherever they are made. */
const OF_EACH =
  /^(?:Id|Created|Config\.Hostname|HostnamePath|HostsPath|LogPath|ResolvConfPath|GraphDriver\..*|Storage\..*|Mounts\[\d\]\.Source|NetworkSettings\..*(?:EndpointID|NetworkID|SandboxID|SandboxKey|Address|Gateway|PrefixLen|DNSNames).*|State\.(?:Pid|StartedAt|FinishedAt)|ImageManifestDescriptor\..*)$/
/** What the gate puts in, and tells: docs/policy.md#names. */
const PUT_IN = [
  'HostConfig.CgroupnsMode',
  'HostConfig.IpcMode',
  'HostConfig.LogConfig.Config.max-file',
  'HostConfig.LogConfig.Config.max-size',
  'HostConfig.Memory',
  'HostConfig.MemorySwap',
  'HostConfig.NanoCpus',
  'HostConfig.PidsLimit',
  'HostConfig.RestartPolicy.MaximumRetryCount',
  'HostConfig.Tmpfs./scratch',
  // Podman's and the CLI's defaults of an engine's are sent in full.
  'HostConfig.ShmSize',
]

function flat(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => flat(one, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null) return [[path, value]]
  return Object.entries(value).flatMap(([key, one]) => flat(one, path === '' ? key : `${path}.${key}`))
}

/** A container with what an engine and the CLI tell in any order put in one. */
function inOrder(container: unknown): object {
  const { HostConfig, Mounts, ...rest } = objectOf(container)
  const { Binds, ...host } = objectOf(HostConfig)
  const mounts = listOf(Mounts).toSorted((one, other) =>
    textOf(objectOf(one)['Destination']).localeCompare(textOf(objectOf(other)['Destination'])),
  )
  return { ...rest, HostConfig: { ...host, Binds: textsOf(Binds).toSorted() }, Mounts: mounts }
}

/** Fields that differ, but for empty ones, which an engine tells in many ways. */
function differences(one: unknown, other: unknown): readonly string[] {
  const isNothing = (value: unknown): boolean =>
    value === undefined || value === null || value === '' || value === false || value === 0
  const [left, right] = [new Map(flat(one)), new Map(flat(other))]
  return [...new Set([...left.keys(), ...right.keys()])].filter(
    (path) =>
      !OF_EACH.test(path) &&
      left.get(path) !== right.get(path) &&
      !(isNothing(left.get(path)) && isNothing(right.get(path))),
  )
}

describe.each(onEngines('new', 'old'))('on the %s engine', (engine) => {
  let gate: Gate
  let folder: string
  const network = freshName('words-net')
  const both = async (name: string, flags: readonly string[]) => {
    for (const run of [docker.bind(undefined, gate), engineDocker.bind(undefined, engine)])
      expect([flags, await run(['create', '--name', name, ...flags])]).toMatchObject([flags, { code: 0 }])
    const read = async (socket: string, path: string): Promise<unknown> =>
      JSON.parse((await request(socket, { path })).body)
    const tell = async (socket: string) => {
      const inspect = await read(socket, `/containers/${name}/json`)
      const [listed] = listOf(await read(socket, `/containers/json?all=1&filters={"name":["^/${name}$"]}`))
      return { inspect: inOrder(inspect), listed: inOrder(listed) }
    }
    return { told: await tell(gate.socket), raw: await tell(engineSocket(engine)) }
  }

  beforeAll(async () => {
    const allow = [...everything, 'network', 'volume', 'rename', 'import']
    const run = { names: 'own', restart: ['no', 'on-failure', 'always'] }
    gate = await startGate({ engine, policy: (directory) => policyFor(directory, { allow, run }) })
    folder = join(workDirectory(gate.directory), 'a folder')
    await mkdir(folder)
    await docker(gate, ['network', 'create', network])
    await engineDocker(engine, ['network', 'create', network])
  })
  afterAll(async () => {
    await docker(gate, ['system', 'prune', '-f', '--volumes'])
    await gate[Symbol.asyncDispose]()
    await engineDocker(engine, ['network', 'rm', network])
  })

  test.each([
    ['nothing', ['busybox']],
    ['an image in full, and a command', ['docker.io/library/busybox:latest', 'sh', '-c', 'true']],
    ['a volume and a folder', ['-v', 'NAME-data:/d:rw', '-v', 'FOLDER:/folder', 'busybox']],
    ['a folder read-only, by a path that is not plain', ['-v', 'FOLDER/../a folder:/folder/:ro', 'busybox']],
    [
      'mounts',
      [
        '--mount',
        'type=volume,src=NAME-more,dst=/d',
        '--mount',
        'type=bind,src=FOLDER,dst=/f,ro',
        '--mount',
        'type=tmpfs,dst=/t,tmpfs-size=1m',
        'busybox',
      ],
    ],
    ['a network with an alias', ['--network', network, '--network-alias', 'asked', 'busybox']],
    ['ports', ['-p', '21500:80', '-p', '127.0.0.1::81', 'busybox']],
    [
      'labels and environment',
      ['--label', 'a=b', '--label', 'com.docker.compose.project=p', '-e', 'A=B', 'busybox'],
    ],
    ['a scratch', ['--tmpfs', '/scratch', '--restart', 'on-failure:3', '-w', '/tmp', '--init', 'busybox']],
    [
      'a sized scratch, and Linux’s isolation',
      ['--tmpfs', '/t:size=3M,mode=700', '--isolation', 'default', 'busybox'],
    ],
    ['a restart after many failures', ['--restart', 'on-failure:42', 'busybox']],
  ] satisfies [string, string[]][])(
    'a container with %s is told as it was asked for',
    async (_what, flags) => {
      const name = freshName('words')
      const given = flags.map((flag) => flag.replaceAll('NAME', name).replaceAll('FOLDER', folder))
      const { told, raw } = await both(name, given)
      expect(differences(told.inspect, raw.inspect).filter((path) => !PUT_IN.includes(path))).toEqual([])
      expect(differences(told.listed, raw.listed).filter((path) => !PUT_IN.includes(path))).toEqual([])
      const folders = (container: object): readonly string[] =>
        flat(container).flatMap(([path, value]) =>
          /^Mounts.*Source$/.test(path) && String(value).startsWith(folder) ? [String(value)] : [],
        )
      expect(folders(told.inspect)).toEqual(folders(raw.inspect))
      expect(folders(told.listed)).toEqual(folders(raw.listed))
      for (const run of [docker.bind(undefined, gate), engineDocker.bind(undefined, engine)])
        await run(['rm', '-v', name])
      await engineDocker(engine, ['volume', 'rm', `${name}-data`, `${name}-more`])
    },
  )

  test('a network with a space in its name is found by it', async () => {
    expect(await docker(gate, ['network', 'create', 'test 01'])).toMatchObject({ code: 0 })
    expect(await docker(gate, ['network', 'inspect', '-f', '{{.Name}}', 'test 01'])).toMatchObject({
      stdout: 'test 01\n',
    })
    expect(await docker(gate, ['network', 'rm', 'test 01'])).toMatchObject({ code: 0, stdout: 'test 01\n' })
  })

  test('an import prints the id alone, and the engine tells how many images there are', async () => {
    const count = async () => Number((await docker(gate, ['info', '-f', '{{.Images}}'])).stdout)
    const before = await count()
    expect(before).toBeGreaterThan(0)
    const files = join(workDirectory(gate.directory), 'files.tar')
    await writeFile(files, Buffer.alloc(1024))
    expect(await docker(gate, ['import', files, 'imported:1'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/),
    })
    expect(await count()).toBe(before + 1)
    expect(await docker(gate, ['rmi', 'imported:1'])).toMatchObject({ code: 0 })
  })

  test('labels that programs of the host act on are left out, told of, and read back', async () => {
    const name = freshName('acted')
    const flags = ['--label', 'traefik.enable=true', '--label', 'mine=1']
    expect(await docker(gate, ['create', '--name', name, ...flags, 'busybox'])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/left out.*run\.labels.*traefik\.enable/),
    })
    const seen = await docker(gate, ['inspect', '-f', '{{json .Config.Labels}}', name])
    expect(JSON.parse(seen.stdout)).toEqual({ 'traefik.enable': 'true', mine: '1' })
    const { stdout } = await engineDocker(engine, [
      'inspect',
      '-f',
      '{{json .Config.Labels}}',
      `ai-worker.${name}`,
    ])
    expect(JSON.parse(stdout)).toMatchObject({ mine: '1' })
    expect(stdout).not.toContain('traefik')
    await docker(gate, ['rm', name])
  })

  test('a container is made anew of its own inspect: whole, cut to aliases, and of HostConfig alone', async () => {
    const name = freshName('again')
    const client = new Docker({ socketPath: gate.socket })
    const flags = [
      '--network',
      network,
      '--network-alias',
      'asked',
      '-v',
      `${name}-data:/d:rw`,
      '-v',
      `${folder}:/f`,
    ]
    const more = [
      '-p',
      '21501:80',
      '--label',
      'a=b',
      '--label',
      'com.docker.compose.project=p',
      '--tmpfs',
      '/scratch',
    ]
    await docker(gate, [
      'run',
      '-d',
      '--name',
      name,
      ...flags,
      ...more,
      '-e',
      'A=B',
      'busybox',
      'sleep',
      '1000',
    ])
    const first = await client.getContainer(name).inspect()
    const ways = [
      (told: Docker.ContainerInspectInfo) => ({
        ...told.Config,
        HostConfig: told.HostConfig,
        NetworkingConfig: { EndpointsConfig: told.NetworkSettings.Networks },
      }),
      (told: Docker.ContainerInspectInfo) => ({
        ...told.Config,
        Hostname: '',
        HostConfig: told.HostConfig,
        NetworkingConfig: {
          EndpointsConfig: Object.fromEntries(
            Object.entries(told.NetworkSettings.Networks).map(([key, { Aliases }]) => [key, { Aliases }]),
          ),
        },
      }),
      (told: Docker.ContainerInspectInfo) => ({
        Image: told.Config.Image,
        Cmd: told.Config.Cmd,
        Env: told.Config.Env,
        Labels: told.Config.Labels,
        HostConfig: told.HostConfig,
      }),
    ]
    for (const [index, way] of ways.entries()) {
      const told = await client.getContainer(name).inspect()
      await client.getContainer(name).remove({ force: true })
      // The types of dockerode know less than an engine tells.
      const options: object = { name, ...way(told) }
      const made = await client.createContainer(options)
      await made.start()
      const again = await made.inspect()
      const changed = differences(inOrder(again), inOrder(told)).filter(
        (path) =>
          // Without ExposedPorts an engine publishes none.
          !/Aliases|^(?:Args|Path)/.test(path) && !(index === 2 && path.startsWith('NetworkSettings.Ports')),
      )
      expect([index, changed]).toEqual([index, []])
      if (index < 2)
        expect(Object.values(again.NetworkSettings.Networks)[0]?.Aliases).toEqual(
          expect.arrayContaining(['asked']),
        )
      expect(again.Config.Image).toBe(first.Config.Image)
    }
    await docker(gate, ['rm', '-fv', name])
    await docker(gate, ['volume', 'rm', `${name}-data`])
  })
})
