/** What is in an image, and a part of a volume, mounted into a container: read back as it was asked for, and no way out of either. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newestDocker, type CommandResult } from '../support/docker.ts'
import { engineDocker, kindOf, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor } from '../support/policy.ts'

const FILE = 'FROM busybox\nRUN mkdir /part && echo mine >/part/file && ln -s /etc/hostname /part/out\n'

describe.each(onEngines('new', '28', '26', 'old'))('on the %s engine', (engine) => {
  let gate: Gate
  const worker = (...args: readonly string[]): Promise<CommandResult> => newestDocker(gate, args)
  const run = (...args: readonly string[]) => worker('run', '--rm', ...args)
  const isNew = ['new', '28'].includes(kindOf(engine))

  beforeAll(async () => {
    const allow = [...everything, 'build', 'image inspect', 'volume', 'system prune', 'cp']
    gate = await startGate({
      engine,
      policy: (directory) => policyFor(directory, { allow, run: { names: 'own' } }),
    })
  })
  afterAll(async () => {
    await worker('system', 'prune', '-f', '--volumes')
    await gate[Symbol.asyncDispose]()
  })

  describe('an image', () => {
    test.skipIf(!isNew)(
      'that is the worker’s, or may be used, is mounted to read, whole or a part',
      async () => {
        const image = `${freshName('mounted')}:1`
        const built = await newestDocker(gate, ['build', '-q', '-t', image, '-'], {
          input: FILE,
          env: { DOCKER_BUILDKIT: '0' },
        })
        expect(built).toMatchObject({ code: 0 })
        const mount = ['--mount', `type=image,source=${image},target=/i`]
        expect(await run(...mount, 'busybox', 'cat', '/i/part/file')).toMatchObject({ stdout: 'mine\n' })
        for (const written of ['/i/x', '/i/part/file'])
          expect(await run(...mount, 'busybox', 'sh', '-c', `echo x >${written}`)).toMatchObject({
            code: 1,
            stderr: expect.stringContaining('Read-only file system'),
          })
        const part = ['--mount', `type=image,source=${image},target=/i,image-subpath=part`]
        expect(await run(...part, 'busybox', 'cat', '/i/file')).toMatchObject({ stdout: 'mine\n' })
        const id = (await worker('image', 'inspect', '-f', '{{.Id}}', image)).stdout.trim()
        const byId = ['--mount', `type=image,source=${id},target=/i`]
        expect(await run(...byId, 'busybox', 'cat', '/i/part/file')).toMatchObject({ stdout: 'mine\n' })

        const name = freshName('told')
        await worker('create', '--name', name, ...part, 'busybox', 'true')
        const [told] = JSON.parse((await worker('inspect', name)).stdout)
        expect(told).toMatchObject({
          HostConfig: { Mounts: [{ Type: 'image', Source: image, ImageOptions: { Subpath: 'part' } }] },
          Mounts: [{ Type: 'image', Name: image, RW: false }],
        })
        const from = await worker('create', '--volumes-from', name, 'busybox', 'true')
        expect(from).toMatchObject({ code: 1, stderr: expect.stringContaining('run.volumes') })
        await worker('rm', name)
        await worker('rmi', image)
      },
    )

    test.skipIf(!isNew)('that is not the worker’s is refused, or not there', async () => {
      const [theirs, file] = [
        `operator/${freshName('theirs')}:1`,
        `FROM busybox\nRUN echo ${freshName('x')}\n`,
      ]
      const build = ['build', '-q', '-t', theirs, '-']
      await engineDocker(engine, build, { input: file, env: { DOCKER_BUILDKIT: '0' } })
      const id = (await engineDocker(engine, ['image', 'inspect', '-f', '{{.Id}}', theirs])).stdout.trim()
      const mount = (source: string) =>
        run('--pull', 'never', '--mount', `type=image,source=${source},target=/i`, 'busybox', 'ls', '/i')
      expect(await mount(theirs)).toMatchObject({ stderr: expect.stringContaining('run.images') })
      for (const none of [id, id.slice(7, 19)])
        expect((await mount(none)).stderr).toMatch(/No such image|run\.images/)
      await engineDocker(engine, ['rmi', theirs])
    })

    test.skipIf(isNew)('is what this engine says itself that it does not mount', async () => {
      const mount = '--mount=type=image,source=busybox,target=/i'
      expect((await run(mount, 'busybox', 'true')).stderr).toMatch(/mount type unknown|unknown/i)
    })
  })

  describe('a part of a volume', () => {
    const volume = freshName('parts')
    const part = (subpath: string) => [
      '--mount',
      `type=volume,source=${volume},target=/m,volume-subpath=${subpath}`,
    ]

    test.skipIf(kindOf(engine) !== 'old')('is refused where an engine would mount all of it', async () => {
      const refused = await run(...part('sub'), 'busybox', 'true')
      expect(refused).toMatchObject({ code: 125, stderr: expect.stringContaining('run.mounts') })
    })

    test.skipIf(kindOf(engine) === 'old')('is mounted, also by a link within it', async () => {
      const make = 'mkdir -p /m/sub/deep && echo mine >/m/sub/deep/file && ln -s sub /m/in'
      expect(await run('-v', `${volume}:/m`, 'busybox', 'sh', '-c', make)).toMatchObject({ code: 0 })
      for (const subpath of ['sub/deep', 'in/deep'])
        expect(await run(...part(subpath), 'busybox', 'cat', '/m/file')).toMatchObject({ stdout: 'mine\n' })
      for (const out of ['..', '../x', 'sub/../..', '/sub'])
        expect((await run(...part(out), 'busybox', 'ls', '/m')).code).toBe(125)
    })

    test.skipIf(kindOf(engine) === 'old')(
      'is nothing behind a link that leads out, of which nothing is told',
      async () => {
        const links = {
          there: '/etc/passwd',
          gone: '/etc/no-such',
          below: '/etc/passwd/x',
          up: '../../../..',
        }
        const make = Object.entries(links).map(([name, to]) => `ln -sfn ${to} /m/${name}`)
        await run('-v', `${volume}:/m`, 'busybox', 'sh', '-c', make.join(' && '))
        const told = new Set<string>()
        for (const link of [...Object.keys(links), 'missing']) {
          const name = freshName('link')
          expect(await worker('create', '--name', name, ...part(link), 'busybox', 'ls', '/m')).toMatchObject({
            code: 0,
          })
          const { id } = await started(name)
          const answers = await Promise.all([
            request(gate.socket, { method: 'POST', path: `/containers/${name}/start` }),
            request(gate.socket, { method: 'HEAD', path: `/containers/${name}/archive?path=/etc` }),
            request(gate.socket, { path: `/containers/${name}/archive?path=/etc` }),
          ])
          const state = (await worker('inspect', '-f', '{{json .State.Error}} {{.State.ExitCode}}', name))
            .stdout
          told.add(
            JSON.stringify([answers.map(({ status, body }) => [status, body]), state]).replaceAll(id, ''),
          )
          await worker('rm', name)
        }
        expect(told.size).toBe(1)
        expect([...told][0]).toContain('the subpath is missing, or leads elsewhere')
      },
    )

    async function started(name: string): Promise<{ readonly id: string }> {
      await worker('start', name)
      return { id: (await worker('inspect', '-f', '{{.Id}}', name)).stdout.trim() }
    }
  })
})
