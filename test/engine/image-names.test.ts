import { describe, expect, test } from 'vitest'
import { classicBuild } from '../support/build.ts'
import { docker, oldDocker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName } from '../support/everything.ts'
import { imagesFor, newName } from '../support/images.ts'
import { setting } from '../support/settings.ts'

describe.each(onEngines('new', 'old'))('on the %s engine', (engine) => {
  const { shared, paths, worker, operator, covered, secret, container, idOf, own } = imagesFor(
    engine,
    'build',
  )

  describe('tag', () => {
    test.each([
      ['26', docker],
      ['20.10', oldDocker],
    ] as const)('gives, moves and takes away a name of the worker’s, by the CLI of %s', async (_v, cli) => {
      const name = newName()
      const first = await own()
      expect(await cli(shared.gate, ['tag', 'busybox', name])).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe(await idOf('busybox'))
      expect(await cli(shared.gate, ['tag', first, name])).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe(await idOf(first))
      expect(await cli(shared.gate, ['tag', 'busybox', name])).toMatchObject({ code: 0 })
      expect(await cli(shared.gate, ['rmi', name, first])).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe('')
      expect(await idOf('busybox')).not.toBe('')
    })

    test('that is taken away again leaves what the image was built upon, for its other name', async () => {
      const [first, second] = [newName(), newName()]
      const dockerfile = `FROM busybox\nLABEL one=${first}\nLABEL two=${second}\n`
      expect(await classicBuild(shared.gate, dockerfile, '-t', first)).toMatchObject({ code: 0 })
      const format = ['image', 'inspect', '-f', '{{.Parent}}', first]
      const below = (await engineDocker(engine, format)).stdout.trim()
      expect(below).toMatch(/^sha256:/)
      expect(await worker('tag', first, second)).toMatchObject({ code: 0 })
      expect(await worker('rmi', second)).toMatchObject({ code: 0 })
      expect(await idOf(below)).toBe(below)
      expect(await worker('rmi', first)).toMatchObject({ code: 0 })
      expect(await idOf(below)).toBe('')
    })

    test('moves no name of the operator’s', async () => {
      const mine = await own()
      const before = [await idOf(covered), await idOf('busybox')]
      for (const target of [covered, 'busybox', 'busybox:latest', 'docker.io/library/busybox']) {
        expect(await worker('tag', mine, target)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('image.name'),
        })
      }
      expect(await worker('tag', mine, secret)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('run.images'),
      })
      expect([await idOf(covered), await idOf('busybox')]).toEqual(before)
      await worker('rmi', mine)
    })

    test('no longer moves a name that the operator has moved since', async () => {
      const name = newName()
      expect(await worker('tag', 'busybox', name)).toMatchObject({ code: 0 })
      await operator('tag', secret, name)
      const mine = await own()
      await expect
        .poll(() => worker('tag', mine, name))
        .toMatchObject({ code: 1, stderr: expect.stringContaining('image.name') })
      expect(await idOf(name)).toBe(await idOf(secret))
      await operator('rmi', name)
      await worker('rmi', mine)
    })

    test('does not find what is out of reach', async () => {
      for (const source of [secret, await idOf(secret)]) {
        expect(await worker('tag', source, newName())).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('No such image'),
        })
      }
    })
  })

  describe('commit', () => {
    test('makes an image of an own container, without the container’s labels of the gate', async () => {
      const [made, name] = [freshName('made'), newName()]
      await worker('run', '--name', made, '-e', 'A=1', 'busybox', 'sh', '-c', 'echo mine > /mine')
      const changes = ['--change', 'CMD ["cat", "/mine"]', '--change', 'LABEL a=b', '-m', 'note', '-a', 'me']
      const committed = await worker('commit', ...changes, made, name)
      expect(committed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sha256:/) })
      expect(await worker('run', '--rm', name)).toMatchObject({ code: 0, stdout: 'mine\n' })
      const labels = await engineDocker(engine, ['inspect', '-f', '{{json .Config.Labels}}', name])
      const claim = await engineDocker(engine, ['inspect', '-f', '{{json .Config.Labels}}', made])
      expect(JSON.parse(labels.stdout)).toMatchObject({ a: 'b', 'dockgate.worker': 'ai-worker' })
      expect(JSON.parse(labels.stdout)['dockgate.claim']).not.toBe(JSON.parse(claim.stdout)['dockgate.claim'])
      expect(JSON.parse(labels.stdout)['dockgate.claim']).toBe('')
      await worker('rm', made)
      expect(await worker('rmi', committed.stdout.trim())).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe('')
    })

    test('of an image without a name is the worker’s by id', async () => {
      const made = freshName('made')
      await worker('create', '--name', made, 'busybox')
      const id = (await worker('commit', made)).stdout.trim()
      expect(await worker('rmi', id)).toMatchObject({ code: 0 })
      await worker('rm', made)
    })

    test('of a container of the operator is refused, and leaves nothing', async () => {
      const name = newName()
      expect(await worker('commit', container, name)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('No such container'),
      })
      expect(await idOf(name)).toBe('')
    })

    test.each([
      ['a name of the operator’s', [], () => covered, 'image.name'],
      ['a label of the gate', ['--change', 'LABEL dockgate.claim=1'], newName, 'run.labels'],
      ['a trigger', ['--change', 'ONBUILD COPY --from=operator/secret / /'], newName, 'ONBUILD'],
      ['a second line', ['--change', 'CMD a\nONBUILD RUN b'], newName, 'control character'],
      ['a joined line', ['--change', 'CMD a \\', '--change', 'LABEL a=b'], newName, 'two ways'],
    ])('with %s is refused', async (_what, flags, target, why) => {
      const made = freshName('made')
      await worker('create', '--name', made, 'busybox')
      const name = target()
      const before = await idOf(name)
      expect(await worker('commit', ...flags, made, name)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(why),
      })
      expect(await idOf(name)).toBe(before)
      await worker('rm', made)
    })
  })

  describe('import', () => {
    test('makes an image of files that the client has', async () => {
      const name = newName()
      const files = paths.emptyTar
      const made = await worker('import', '--change', 'ENV A=1', '-m', 'note', files, name)
      expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('sha256:') })
      const labels = await engineDocker(engine, ['inspect', '-f', '{{json .Config.Labels}}', name])
      expect(JSON.parse(labels.stdout)).toMatchObject({ 'dockgate.worker': 'ai-worker' })
      expect(await worker('rmi', name)).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe('')
    })

    test('without a name is the worker’s by id', async () => {
      const made = await worker('import', paths.emptyTar)
      expect(await worker('rmi', made.stdout.trim())).toMatchObject({ code: 0 })
    })

    test.each([
      ['from an address', () => ['http://127.0.0.1:1/rootfs.tar', newName()], 'fetch'],
      ['under a name of the operator’s', () => ['-', covered], 'image.name'],
      ['under a name out of reach', () => ['-', secret], 'run.images'],
      ['with a label of the gate', () => ['-c', 'LABEL dockgate.claim=x', '-', newName()], 'run.labels'],
    ])('%s is refused', async (_what, args, why) => {
      const before = [await idOf(covered), await idOf(secret)]
      expect(await docker(shared.gate, ['import', ...args()], { input: Buffer.alloc(1024) })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(why),
      })
      expect([await idOf(covered), await idOf(secret)]).toEqual(before)
    })
  })

  test('search asks no registry that the policy does not name', async () => {
    for (const term of ['registry.example/app', 'localhost:5000/app', '127.0.0.1:1/app']) {
      expect(await worker('search', term)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('run.images'),
      })
    }
    // Its own registry is asked, and has no search.
    const answer = await worker('search', `${setting('REGISTRY')}/app`)
    expect(answer.stderr).not.toContain('refused by policy')
  })
})
