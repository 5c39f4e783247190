/** The gate before an engine that answers as Docker 29.7 does, as far as its API description and source tell: a stand-in, and no real one. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { parseExact } from '../../src/filter/json-steps.ts'
import { listOf, objectOf, textOf, textsOf, type Unknown } from '../../src/shared/json-value.ts'
import { expectNothingOf, makeAll, MINE, READ, removeAll, THEIRS } from '../support/beside.ts'
import { classicBuild } from '../support/build.ts'
import { newestDocker, type CommandOptions, type CommandResult } from '../support/docker.ts'
import { ELSEWHERE, STAND_IN } from '../support/engine-29-answers.ts'
import { logsAsJson } from '../support/engine-29-streams.ts'
import { startEngine29, type Engine29 } from '../support/engine-29.ts'
import { kindOf } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { workDirectory } from '../support/policy.ts'
import { setting } from '../support/settings.ts'
import { withOther } from '../support/two-workers.ts'

const allow = [
  ...everything,
  ...['exec', 'cp', 'diff', 'export', 'save', 'commit', 'tag', 'build', 'push', 'compose', 'system prune'],
  ...['volume create', 'volume inspect', 'network create', 'network inspect', 'network connect'],
]
const images = ['busybox', 'docker.io/mine/*', `${setting('REGISTRY')}/team/*`]

test('the stand-in reads logs in whatever pieces they come', async () => {
  const frame = (source: number, line: string): Buffer => {
    const head = Buffer.from([source, 0, 0, 0, 0, 0, 0, line.length])
    return Buffer.concat([head, Buffer.from(line)])
  }
  const bytes = Buffer.concat([frame(1, '2026-01-01T00:00:00Z a b\n'), frame(2, '2026-01-01T00:00:01Z c\n')])
  const pieces = Array.from(bytes, (byte) => Buffer.from([byte]))
  const told = await text(Readable.from(pieces).pipe(logsAsJson(true)))
  expect(
    told
      .trim()
      .split('\n')
      .map((line) => objectOf(JSON.parse(line))),
  ).toEqual([
    { Line: 'a b', Source: 'stdout', Timestamp: '2026-01-01T00:00:00Z' },
    { Line: 'c', Source: 'stderr', Timestamp: '2026-01-01T00:00:01Z' },
  ])
})

// It stands before the engine that has containerd's store.
describe.each(kindOf('new') === 'new' ? ['new' as const] : [])(
  'before a stand-in for Docker 29, made of the %s engine',
  (behind) => {
    let engine: Engine29
    let gate: Gate
    let ids: readonly string[] = []
    beforeAll(async () => {
      engine = await startEngine29()
      const policy = withOther(generousPolicy({ allow, exec: { own: '*' }, run: { images } }))
      gate = await startGate({ engineUrl: engine.url, policy })
      ids = await makeAll(gate, behind)
    }, 120_000)
    afterAll(async () => {
      await removeAll(behind)
      await gate[Symbol.asyncDispose]()
      await engine[Symbol.asyncDispose]()
    })

    const worker = (args: readonly string[], options?: CommandOptions): Promise<CommandResult> =>
      newestDocker(gate, args, options)
    const done = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await worker(args)
      expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' })
      return stdout.trim()
    }
    const ask = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Unknown> => {
      const { status, body } = await request(gate.socket, { path, headers })
      expect({ path, status, body: status === 200 ? '' : body }).toEqual({ path, status: 200, body: '' })
      return objectOf(parseExact(body))
    }
    const lines = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
      const { headers: told, body } = await request(gate.socket, { path, headers })
      const objects = body.split('\n').filter((line) => line !== '')
      return { type: told['content-type'], objects: objects.map((line) => objectOf(parseExact(line))) }
    }

    test('it says what it is, and what it speaks', async () => {
      const version = await ask('/version')
      expect(version).toMatchObject({
        ApiVersion: '1.55',
        MinAPIVersion: '1.40',
        Platform: { Name: STAND_IN },
      })
      expect(await request(gate.socket, { path: '/_ping' })).toMatchObject({
        headers: { 'api-version': '1.55' },
      })
      expect(await done('version', '--format', '{{.Server.Version}}')).toBe('29.7.2')
    })

    describe('a worker’s day', () => {
      test('runs, follows, looks into and removes a container', async () => {
        const name = freshName('day')
        expect(await worker(['run', '--rm', '-i', 'busybox', 'cat'], { input: 'piped' })).toMatchObject({
          ...{ code: 0, stdout: 'piped' },
        })
        await done(
          'run',
          '-d',
          '--name',
          name,
          '--health-cmd',
          'true',
          'busybox',
          'sh',
          '-c',
          'echo said; sleep 600',
        )
        expect(await done('exec', name, 'echo', 'hi')).toBe('hi')
        await expect.poll(() => done('logs', name)).toBe('said')
        expect(await done('ps', '--filter', `name=${name}`, '--format', '{{.Names}}')).toBe(name)
        const address = await done('inspect', '-f', '{{.NetworkSettings.Networks.bridge.IPAddress}}', name)
        expect(address).toMatch(/^10\./)
        await done('restart', '-t', '0', name)
        await done('rm', '-f', name)
        expect((await worker(['inspect', name])).code).toBe(1)
      })

      test('pulls, builds, tags and removes images', async () => {
        const [pulled, built] = [`${setting('REGISTRY')}/team/tool:1`, `mine/${freshName('built')}:1`]
        expect(await done('pull', pulled)).toContain(pulled)
        const dockerfile = 'FROM busybox\nCOPY given /given\nCMD ["cat", "/given"]\n'
        expect(await classicBuild(gate, dockerfile, '-t', built)).toMatchObject({ code: 0 })
        expect(await done('run', '--rm', built)).toBe('from the context')
        const other = built.replace(':1', ':2')
        await done('tag', built, other)
        await done('rmi', built, other)
        expect((await worker(['image', 'inspect', other])).code).toBe(1)
      })

      test('sees the disk that it uses, and takes it back', async () => {
        const [name, built] = [freshName('prune'), `mine/${freshName('prune')}:1`]
        expect(await classicBuild(gate, 'FROM busybox\nRUN echo a > /a\n', '-t', built)).toMatchObject({
          code: 0,
        })
        await done('run', '--name', name, built, 'true')
        expect(await done('system', 'df')).toMatch(/^Images +[1-9]/m)
        expect(await done('system', 'df', '-v')).toContain(name)
        expect(await done('system', 'prune', '-a', '-f')).toContain('Total reclaimed space')
        expect((await worker(['inspect', name])).code).toBe(1)
        expect((await worker(['image', 'inspect', built])).code).toBe(1)
      })

      test('brings a project up and down', async () => {
        const name = freshName('project')
        const directory = join(workDirectory(gate.directory), name)
        await mkdir(directory)
        const service = {
          image: 'busybox',
          command: 'sleep 1000',
          stop_grace_period: '0s',
          volumes: ['data:/data'],
        }
        const file = { name, services: { one: service, two: service }, volumes: { data: {} } }
        await writeFile(join(directory, 'compose.yaml'), stringify(file))
        const compose = (...args: readonly string[]) =>
          worker(['compose', '--ansi', 'never', ...args], { cwd: directory, timeout: 60_000 })
        expect(await compose('up', '-d')).toMatchObject({ code: 0 })
        expect(await compose('ps', '-q')).toMatchObject({
          stdout: expect.stringMatching(/^[0-9a-f]{64}\n[0-9a-f]{64}\n$/),
        })
        expect(await compose('down', '-v')).toMatchObject({ code: 0 })
      })
    })

    describe.each(['52', '53', '54', '55'])('at API 1.%s', (minor) => {
      const at = (path: string): string => `/v1.${minor}${path}`

      test('disk usage is told in both forms, and counted anew', async () => {
        const usage = await ask(at('/system/df'))
        expect(Object.keys(usage).toSorted()).toEqual([
          ...['BuildCache', 'BuildCacheUsage', 'ContainerUsage', 'Containers', 'ImageUsage', 'Images'],
          ...['LayersSize', 'VolumeUsage', 'Volumes'],
        ])
        const { Containers, Images, ContainerUsage, ImageUsage, VolumeUsage } = usage
        expect(listOf(Containers)).toMatchObject([{ Names: [`/${MINE}`] }])
        expect(ContainerUsage).toEqual({
          ActiveCount: 1,
          TotalCount: 1,
          Reclaimable: 0,
          TotalSize: expect.any(Number),
        })
        expect(objectOf(ImageUsage)).toMatchObject({ TotalCount: listOf(Images).length, ActiveCount: 1 })
        expect(VolumeUsage).toEqual({ ActiveCount: 1, TotalCount: 1, Reclaimable: 0, TotalSize: 0 })
      })

      test('disk usage of single things is told in the new form alone, of the kinds that were asked for', async () => {
        const usage = await ask(at('/system/df?verbose=1'))
        expect(Object.keys(usage).toSorted()).toEqual([
          ...['BuildCacheUsage', 'ContainerUsage', 'ImageUsage', 'VolumeUsage'],
        ])
        const items = (name: string): readonly Unknown[] =>
          listOf(objectOf(usage[name])['Items']).map(objectOf)
        expect(items('ContainerUsage')).toMatchObject([{ Names: [`/${MINE}`], Health: { Status: 'none' } }])
        expect(items('VolumeUsage')).toMatchObject([{ Name: MINE }])
        expect(items('ImageUsage').flatMap(({ RepoTags }) => textsOf(RepoTags))).toContain(`mine/${MINE}:1`)
        expect(items('BuildCacheUsage')).toEqual([])
        const some = await ask(at('/system/df?verbose=1&type=image'))
        expect(some).toEqual({ ImageUsage: expect.objectContaining({ ActiveCount: 1 }) })
      })

      test('events have neither status nor id nor from, and are lines without anything before them', async () => {
        const { Id } = await ask(at(`/containers/${MINE}/json`))
        const path = `/events?since=0&until=${Math.floor(Date.now() / 1000)}&filters={"container":["${textOf(Id)}"]}`
        const { type, objects } = await lines(at(path), { Accept: 'application/json-seq' })
        expect(type).toBe('application/jsonl')
        expect(objects.map(({ Action }) => Action)).toContain('start')
        for (const event of objects) {
          expect(Object.keys(event).toSorted()).toEqual([
            'Action',
            'Actor',
            'Type',
            'scope',
            'time',
            'timeNano',
          ])
          expect(JSON.stringify(event['timeNano'])).toMatch(/^\d{19}$/)
        }
        const before = await lines(`/v1.51${path}`)
        expect(before.type).toBe('application/json')
        expect(before.objects).toContainEqual(
          expect.objectContaining({ status: 'start', id: Id, from: expect.stringContaining('busybox') }),
        )
      })

      test('a container has its storage’s name, and addresses on its networks alone', async () => {
        const container = await ask(at(`/containers/${MINE}/json`))
        expect(container).toMatchObject({ Storage: { RootFS: { Snapshot: { Name: expect.any(String) } } } })
        expect(container).not.toHaveProperty('GraphDriver')
        expect(Object.keys(objectOf(container['NetworkSettings'])).toSorted()).toEqual([
          ...['Networks', 'Ports', 'SandboxID', 'SandboxKey'],
        ])
        expect(objectOf(objectOf(container['NetworkSettings'])['Networks'])).toMatchObject({
          [MINE]: { IPAddress: expect.stringMatching(/^10\./) },
        })
        const before = await ask(`/v1.51/containers/${MINE}/json`)
        expect(before).toMatchObject({ GraphDriver: { Data: null } })
        const { body } = await request(gate.socket, { path: at('/containers/json') })
        expect(parseExact(body)).toMatchObject([{ Health: { Status: 'none', FailingStreak: 0 } }])
      })

      test('an image is told with the worker’s names alone, of where it came from too', async () => {
        const image = await ask(at(`/images/mine/${MINE}:1/json`))
        expect(image).not.toHaveProperty('GraphDriver')
        const Identity =
          Number(minor) < 53
            ? undefined
            : { Signature: [expect.anything()], Pull: [{ Repository: `mine/${MINE}` }] }
        expect(image['Identity']).toEqual(Identity)
        const { body } = await request(gate.socket, { path: at('/images/json?manifests=1&identity=1') })
        const listed = listOf(parseExact(body)).map(objectOf)
        const dataOf = (name: string): Unknown => {
          const one = listed.find(({ RepoTags }) => textsOf(RepoTags).includes(name))
          const manifests = listOf(one?.['Manifests']).map((manifest) =>
            objectOf(objectOf(manifest)['ImageData']),
          )
          return manifests.find(({ Platform }) => Platform !== undefined) ?? {}
        }
        // The operator's containers are made of it too.
        const { Id } = await ask(at(`/containers/${MINE}/json`))
        expect(dataOf('busybox:latest')).toMatchObject({ Containers: [Id] })
        const data = dataOf(`mine/${MINE}:1`)
        expect(data['Identity']).toEqual(Number(minor) < 54 ? undefined : Identity)
      })

      test('a network tells no number of addresses', async () => {
        const network = await ask(at(`/networks/${MINE}`))
        expect(network).toMatchObject({ Name: MINE, Status: { IPAM: {} } })
        expect(JSON.stringify(network)).not.toContain('IPsInUse')
      })

      test('attestations are refused by name', async () => {
        const answer = await request(gate.socket, {
          path: at(`/images/mine/${MINE}:1/attestations?statement=1`),
        })
        expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('image attestations') })
      })
    })

    test('logs come as JSON where the engine has them so, and as ever by an Accept alone', async () => {
      const name = freshName('logs')
      await done('run', '--name', name, 'busybox', 'sh', '-c', 'echo out; echo err >&2')
      const path = `/containers/${name}/logs?stdout=1&stderr=1`
      const { type, objects } = await lines(`/v1.54${path}&format=json`)
      expect(type).toBe('application/x-ndjson')
      expect(
        objects.toSorted((one, other) => (textOf(one['Line']) < textOf(other['Line']) ? -1 : 1)),
      ).toEqual([
        { Line: 'err', Source: 'stderr', Timestamp: expect.any(String) },
        { Line: 'out', Source: 'stdout', Timestamp: expect.any(String) },
      ])
      const headers = { Accept: 'application/jsonl' }
      for (const minor of [53, 55]) {
        const answer = await request(gate.socket, { path: `/v1.${minor}${path}`, headers })
        expect(answer.headers['content-type']).toBe('application/vnd.docker.multiplexed-stream')
      }
      const odd = await request(gate.socket, { path: `/v1.55${path}&format=xml` })
      expect(odd).toMatchObject({ status: 400, body: expect.stringContaining('unsupported log format') })
      await done('rm', name)
    })

    test('what the engine says of options that do not go together is told', async () => {
      expect(await request(gate.socket, { path: '/v1.55/images/json?identity=1' })).toMatchObject({
        ...{ status: 400, body: expect.stringContaining('identity requires manifests=1') },
      })
    })

    describe('clients of other versions', () => {
      const OLD =
        'is too old. Minimum supported API version is 1.40, please upgrade your client to a newer version'
      const NEW = 'is too new. Maximum supported API version is 1.55'
      test.each([
        ['1.24', OLD],
        ['1.39', OLD],
        ['1.18', OLD],
        ['1.56', NEW],
      ])('of %s are told so as by the engine', async (version, why) => {
        for (const path of ['/_ping', '/containers/json', '/info']) {
          const target = `/v${version}${path}`
          const answer = await request(gate.socket, { path: target })
          expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'application/json' } })
          expect(JSON.parse(answer.body)).toEqual({ message: `client version ${version} ${why}` })
          expect((await request(engine.socket, { path: target })).body).toContain(
            `client version ${version} ${why}`,
          )
        }
      })

      test('of docker’s own are told so', async () => {
        const { code, stderr } = await worker(['ps'], { env: { DOCKER_API_VERSION: '1.24' } })
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringContaining(`client version 1.24 ${OLD}`),
        })
      })

      test('do not reach the engine, and neither does a question of the gate’s own that it does not take', () => {
        const versions = engine.requests().map((line) => / \/v1\.(\d+)\//.exec(line)?.[1])
        const asked = new Set(versions.map(Number).filter((minor) => minor < 40))
        // Those were asked above, of the engine itself.
        expect([...asked].toSorted((one, other) => one - other)).toEqual([18, 24, 39])
      })
    })

    test('a gate before an engine of 29.0 takes what that takes', async () => {
      await using older = await startEngine29(44)
      await using its = await startGate({ engineUrl: older.url, policy: generousPolicy({ allow }) })
      const { body } = await request(its.socket, { path: '/v1.43/containers/json' })
      expect(JSON.parse(body)).toEqual({
        message:
          'client version 1.43 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version',
      })
      expect(await newestDocker(its, ['ps', '-q'])).toMatchObject({ code: 0 })
      const versions = older.requests().map((line) => / \/v1\.(\d+)\//.exec(line)?.[1])
      expect(new Set(versions)).toEqual(new Set([undefined, '55', '51']))
    })

    describe('nothing of others is told', () => {
      const versions = ['', '/v1.40', '/v1.51', '/v1.52', '/v1.53', '/v1.54', '/v1.55']
      test.each(READ)('by %s %s', async (method, path) => {
        await expectNothingOf([THEIRS, 'elsewhere', ELSEWHERE, ...ids], gate, [method, path], versions)
      })
    })
  },
)
