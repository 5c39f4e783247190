/** Builds by BuildKit, with the docker CLIs that people have: what they give, what is refused, and that one worker's are no other's. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { solveRequest } from '../../src/decode/buildkit/control.ts'
import { solveRequest as frontendRequest } from '../../src/decode/buildkit/gateway.ts'
import { definition } from '../../src/decode/buildkit/llb.ts'
import { build, inFolder, RawClient, takeOver } from '../support/buildkit.ts'
import {
  docker,
  newestDocker,
  oldDocker,
  type CommandOptions,
  type CommandResult,
} from '../support/docker.ts'
import { engineSocket, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { recordOf } from '../support/audit.ts'
import { tar } from '../support/tar.ts'
import { policyFor } from '../support/policy.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const words = ['build', 'compose', 'builder prune', 'tag', 'save', 'system prune', 'history']
type Docker = (args: readonly string[], options?: CommandOptions) => Promise<CommandResult>

const REF = 'b'.repeat(25)
const IN_BUILD = [['buildkit-controlapi-buildid', REF]] as const
const CONTROL = '/moby.buildkit.v1.Control/'
const BRIDGE = '/moby.buildkit.v1.frontend.LLBBridge/'

describe.each(onEngines('new', '28', '26'))('on the %s engine', (engine) => {
  let gate: Gate
  const worker = (args: readonly string[], options?: CommandOptions): Promise<CommandResult> =>
    newestDocker(gate, args, options)
  const other = (args: readonly string[], options?: CommandOptions): Promise<CommandResult> =>
    newestDocker(otherSocket(gate.directory), args, options)
  const operator: Docker = (args, options) => newestDocker(engineSocket(engine), args, options)

  beforeAll(async () => {
    const policy = (directory: string): string =>
      policyFor(directory, {
        allow: [...everything, ...words],
        run: { names: 'own', limits: { memory: '64m', pids: 40, cpus: 1 } },
      })
    gate = await startGate({ engine, policy: withOther(policy) })
  })
  afterAll(async () => {
    for (const one of [worker, other]) await one(['system', 'prune', '-af', '--volumes'])
    await gate[Symbol.asyncDispose]()
  })

  test('an image is built, run, and is called so by nobody else', async () => {
    const name = freshName('built')
    const built = await build(worker, 'FROM busybox\nCOPY given /given\nRUN cat /given >/said\n', '-t', name)
    expect(built).toMatchObject({ code: 0 })
    expect((await worker(['run', '--rm', name, 'cat', '/said'])).stdout).toBe('from the context\n')
    expect((await operator(['image', 'inspect', name])).code).toBe(1)
    expect((await other(['image', 'inspect', name])).code).toBe(1)
    expect((await worker(['rmi', name])).code).toBe(0)
  })

  test('docker of the same time as the oldest engine builds as well', async () => {
    const name = freshName('built')
    const older = (args: readonly string[], options?: CommandOptions) => docker(gate, args, options)
    expect(await build(older, 'FROM busybox\nRUN echo hi >/said\n', '-t', name)).toMatchObject({ code: 0 })
    expect((await docker(gate, ['run', '--rm', name, 'cat', '/said'])).stdout).toBe('hi\n')
  })

  test('docker of before takes the classic builder by itself', async () => {
    const built = await build(
      (args, options) =>
        oldDocker(
          gate,
          args.filter((word) => word !== '--progress' && word !== 'plain'),
          options,
        ),
      'FROM busybox\nRUN echo hi\n',
    )
    expect(built).toMatchObject({ code: 0, stdout: expect.stringContaining('Successfully built') })
  })

  test('an own image is taken by its name, a stage of that name before it', async () => {
    const name = freshName('base')
    await build(worker, 'FROM busybox\nRUN echo mine >/said\n', '-t', name)
    const upon = await build(worker, `FROM ${name}\nRUN cat /said\nCOPY --from=${name} /said /again\n`)
    expect(upon).toMatchObject({ code: 0, stderr: expect.stringMatching(/^#\d+ [\d.]+ mine$/m) })
    const stage = await build(
      worker,
      `FROM busybox AS ${name}\nRUN echo stage >/said\nFROM ${name}\nRUN cat /said\n`,
    )
    expect(stage).toMatchObject({ code: 0, stderr: expect.stringMatching(/^#\d+ [\d.]+ stage$/m) })
    expect(await build(other, `FROM ${name}\n`)).toMatchObject({ code: 1 })
    // The engine's name for it is no name of the worker's.
    expect(`${upon.stdout}${upon.stderr}`).not.toContain('dockgate.invalid')
  })

  test('what Dockerfiles of today say is understood', async () => {
    const dockerfile = `# syntax=docker/dockerfile:1
FROM busybox
RUN --mount=type=cache,target=/c echo x >>/c/f
RUN --mount=type=secret,id=word test "$(cat /run/secrets/word)" = geheim
RUN --mount=type=bind,source=given,target=/g cat /g
RUN <<END
echo one
echo two
END
COPY --chmod=755 --link given /z
COPY <<END /heredoc
content
END
`
    const built = await inFolder({ Dockerfile: dockerfile, given: 'x\n', word: 'geheim' }, (folder) =>
      worker(['build', '--secret', `id=word,src=${folder}/word`, folder], { timeout: 60_000 }),
    )
    expect(built).toMatchObject({ code: 0 })
    expect(JSON.stringify(await recordOf(gate))).not.toContain('geheim')
  })

  test('the result goes where the command says', async () => {
    const built = await inFolder({ Dockerfile: 'FROM busybox\nRUN echo hi >/said\n' }, async (folder) => {
      const local = await worker(['build', '-o', `${folder}/out`, folder], { timeout: 60_000 })
      expect(await readFile(join(folder, 'out/said'), 'utf8')).toBe('hi\n')
      const quiet = await worker(['build', '-q', '--iidfile', `${folder}/id`, folder], { timeout: 60_000 })
      expect(quiet.stdout.trim()).toBe((await readFile(join(folder, 'id'), 'utf8')).trim())
      return local
    })
    expect(built).toMatchObject({ code: 0 })
  })

  test('an archive and a Dockerfile come by standard input', async () => {
    const dockerfile = 'FROM busybox\nRUN echo hi\n'
    expect(await worker(['build', '-'], { input: dockerfile, timeout: 60_000 })).toMatchObject({ code: 0 })
    const input = tar(['Dockerfile', dockerfile])
    expect(await worker(['build', '-'], { input, timeout: 60_000 })).toMatchObject({ code: 0 })
  })

  test('compose and bake build, one upon the other', async () => {
    const name = freshName('target')
    const files = {
      'a/Dockerfile': 'FROM busybox\nRUN echo a >/said\n',
      'b/Dockerfile': 'FROM base\nRUN cat /said\n',
      'docker-bake.json': JSON.stringify({
        group: { default: { targets: ['a', 'b'] } },
        target: {
          a: { context: 'a' },
          b: { context: 'b', contexts: { base: 'target:a' }, tags: [name] },
        },
      }),
      'compose.yaml': `name: ${name}\nservices:\n  web:\n    build: ./a\n    command: cat /said\n`,
    }
    const baked = await inFolder(files, async (folder) => {
      const up = await worker(['compose', 'up', '--build', '--no-log-prefix'], {
        cwd: folder,
        timeout: 90_000,
      })
      expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining('a\n') })
      await worker(['compose', 'down', '--rmi', 'local'], { cwd: folder, timeout: 60_000 })
      return worker(['buildx', 'bake'], { cwd: folder, timeout: 90_000 })
    })
    expect(baked).toMatchObject({ code: 0 })
    expect((await worker(['run', '--rm', name, 'cat', '/said'])).stdout).toBe('a\n')
  })

  test('what there is of others is not told', async () => {
    await build(operator, 'FROM busybox\nRUN echo of-the-operator\n')
    for (const command of [
      ['buildx', 'du', '--verbose'],
      ['buildx', 'history', 'ls'],
    ])
      expect((await worker(command)).stdout).not.toContain('operator')
    expect(await worker(['builder', 'prune', '-af'])).toMatchObject({ code: 0 })
    expect((await operator(['buildx', 'du', '--verbose'])).stdout).toContain('of-the-operator')
  })

  test('a step of one worker is no other’s, and its own is taken again', async () => {
    const dockerfile = `FROM busybox\nCOPY given /given\nRUN echo ${freshName('step')}\n`
    for (const one of [worker, other, operator])
      expect((await build(one, dockerfile)).stderr).toMatch(/^#\d+ [\d.]+ step/m)
    const again = await build(worker, dockerfile)
    expect(again.stderr.match(/CACHED/g)).toHaveLength(2)
    expect(again.stderr).not.toMatch(/^#\d+ [\d.]+ step/m)
  })

  test('a folder that is kept is the worker’s own', async () => {
    const dockerfile = (id: string): string =>
      `FROM busybox\nRUN --mount=type=cache,id=shared,target=/c echo ${id} >>/c/seen; cat /c/seen\n`
    await build(worker, dockerfile('first'))
    const seen = async (of: Docker): Promise<string> =>
      (await build(of, dockerfile(freshName('then')))).stderr
    expect(await seen(worker)).toContain(' first\n')
    expect(await seen(other)).not.toContain(' first\n')
    expect(await seen(operator)).not.toContain(' first\n')
  })

  test('all steps together have the limits of one container', async () => {
    const many = `for i in $(seq 60); do sleep 5 & done; echo ${freshName('all')}-started`
    const processes = await build(worker, `FROM busybox\nRUN ${many}\n`)
    expect(processes).toMatchObject({ code: 1, stderr: expect.stringContaining("can't fork") })
    const memory = await build(worker, `FROM busybox\nRUN tail /dev/zero; echo ${freshName('end')}\n`)
    expect(memory.stderr).toMatch(/Killed|137/)
  })

  test.each([
    ['another image', 'FROM ghcr.io/evil/x\n', [], 'run.images[^]*FROM ghcr.io/evil/x'],
    ['an image to copy from', 'FROM busybox\nCOPY --from=ghcr.io/evil/x /etc /\n', [], 'run.images'],
    ['an address', 'FROM busybox\nADD http://127.0.0.1:9/x /\n', [], 'build.context'],
    ['a repository', 'FROM busybox\nADD https://github.com/moby/moby.git /\n', [], 'build.context'],
    ['the host’s network in a step', 'FROM busybox\nRUN --network=host true\n', [], 'build.network'],
    ['the host’s network', 'FROM busybox\nRUN true\n', ['--network', 'host'], 'build.fields'],
    ['all rights', 'FROM busybox\nRUN --security=insecure true\n', [], 'security'],
    ['what opens the host', 'FROM busybox\n', ['--allow', 'network.host'], 'build.fields'],
    ['another group of processes', 'FROM busybox\nRUN true\n', ['--cgroup-parent', '/'], 'build.fields'],
    ['a label of the gate’s', 'FROM busybox\nLABEL dockgate.worker=other-worker\n', [], 'dockgate.worker'],
    [
      'an image of another worker’s',
      'FROM other-worker.dockgate.invalid/docker.io/library/x\n',
      [],
      'run.images',
    ],
  ])('refused is %s', async (_, dockerfile, flags, says) => {
    const built = await build(worker, dockerfile, ...flags)
    expect(built).toMatchObject({ code: 1, stderr: expect.stringMatching(new RegExp(says)) })
  })

  test('what no docker asks for is refused, and on record', async () => {
    using client = await RawClient.open(gate.socket)
    const graph = { ...definition.empty, def: [Buffer.from([0x12, 0x00]), Buffer.alloc(0)] }
    const frontend = (some: Partial<typeof frontendRequest.empty>): Buffer =>
      frontendRequest.encode({ ...frontendRequest.empty, ...some })
    // What the tables refuse they don't write either: it is put behind.
    const solve = (...more: readonly number[]): Buffer =>
      Buffer.concat([solveRequest.encode({ ...solveRequest.empty, Ref: REF }), Buffer.from(more)])
    const dockerfile = frontend({ Frontend: 'dockerfile.v0' })
    const asked: readonly (readonly [string, Buffer, string])[] = [
      [`${CONTROL}Solve`, solve(0x12, 0x02, 0x0a, 0x00), 'SolveRequest.Definition'],
      [`${CONTROL}Solve`, solve(0x32, 0x01, 0x78), 'SolveRequest.Frontend'],
      [`${CONTROL}Solve`, solve(0x4a, 0x01, 0x78), 'SolveRequest.Entitlements'],
      [`${CONTROL}Solve`, solve(0x98, 0x06, 0x01), 'not known here'],
      [`${BRIDGE}Solve`, Buffer.concat([dockerfile, Buffer.from([0x0a, 0x02, 0x0a, 0x00])]), 'Definition'],
      [
        `${BRIDGE}Solve`,
        frontend({ Frontend: 'gateway.v0', FrontendOpt: new Map([['source', 'evil']]) }),
        'source',
      ],
      [
        `${BRIDGE}Solve`,
        frontend({ Frontend: 'dockerfile.v0', FrontendInputs: new Map([['x', graph]]) }),
        'does not end',
      ],
      [`${BRIDGE}NewContainer`, Buffer.alloc(0), 'NewContainer'],
      [`${BRIDGE}ResolveImageConfig`, Buffer.alloc(0), 'ResolveImageConfig'],
      ['/containerd.services.content.v1.Content/List', Buffer.alloc(0), 'Content/List'],
    ]
    for (const [path, message, says] of asked)
      await expect(client.call(path, message, IN_BUILD)).rejects.toMatchObject({
        message: expect.stringMatching(new RegExp(`refused[^]*${says}`)),
      })
    const refused = (await recordOf(gate)).filter(
      ({ decision, operation }) => decision === 'refuse' && operation !== 'image.build',
    )
    expect(refused.length).toBeGreaterThanOrEqual(asked.length)
  })

  test('builds of others can’t be named', async () => {
    using mine = await RawClient.open(gate.socket)
    await expect(mine.call(`${CONTROL}Status`, Buffer.from(`\n\x19${REF}`))).rejects.toThrow('no such job')
    await expect(mine.call(`${BRIDGE}ReadFile`, Buffer.from('\n\x01x'), IN_BUILD)).rejects.toThrow(
      'no such result',
    )
  })

  test('a connection is not given to whom builds are not', async () => {
    const policy = (directory: string): string => policyFor(directory, { allow: ['ps'] })
    await using closed = await startGate({ engine, policy })
    for (const path of ['/grpc', '/session', '/v1.45/grpc']) {
      const { status, connection } = await takeOver(closed.socket, path, [
        'X-Docker-Expose-Session-Uuid: abc',
      ])
      expect(status).toContain('403')
      connection.destroy()
    }
  })
})
