/** What Podman tells of its objects in other words than Docker: ids, names, states, events. */
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, engineRequest } from '../support/engine.ts'
import { everything, freshName, gateForAll } from '../support/everything.ts'
import { setting } from '../support/settings.ts'

const words = ['commit', 'import', 'tag', 'image prune', 'container prune', 'network create', 'network rm']

describe.each(['podman', 'podman-old'] as const)('objects of %s', (engine) => {
  const shared = gateForAll(engine, { allow: [...everything, ...words] })
  const worker = (...args: readonly string[]) => docker(shared.gate, args)
  const operator = (...args: readonly string[]) => engineDocker(engine, args)
  const bring = (...names: readonly string[]) =>
    docker(shared.gate, ['import', '--change', `LABEL is=${freshName('x')}`, '-', ...names], {
      input: Buffer.alloc(1024),
    })
  const imageId = async (name: string) => (await operator('image', 'inspect', '-f', '{{.Id}}', name)).stdout

  test('an own network has its name at once, whatever tells of it', async () => {
    const name = freshName('site')
    await worker('network', 'create', name)
    const front = ['run', '--rm', '--network', name, 'busybox', 'echo', 'in']
    expect(await worker(...front)).toMatchObject({ stdout: 'in\n' })
    expect((await worker('network', 'ls', '--format', '{{.Name}}')).stdout.split('\n')).toContain(name)
    expect(await worker('network', 'rm', name)).toMatchObject({ code: 0 })
  })

  test('containers that ended are pruned, others stay', async () => {
    const [ended, made, runs] = [freshName('ended'), freshName('made'), freshName('runs')]
    await worker('run', '--name', ended, 'busybox', 'true')
    await worker('create', '--name', made, 'busybox', 'true')
    await worker('run', '-d', '--name', runs, 'busybox', 'sleep', '1000')
    expect(await worker('container', 'prune', '-f')).toMatchObject({ code: 0 })
    const left = (await operator('ps', '-a', '--format', '{{.Names}}')).stdout.split('\n')
    expect([ended, made, runs].map((name) => left.includes(name))).toEqual([false, false, true])
    await worker('rm', '-f', runs)
  })

  test('a commit gets its name, and goes by it', async () => {
    const [name, image] = [freshName('base'), `library/${freshName('commit')}:1`]
    await worker('run', '--name', name, 'busybox', 'touch', '/made')
    expect(await worker('commit', name, image)).toMatchObject({ code: 0 })
    expect(await worker('run', '--rm', image, 'ls', '/made')).toMatchObject({ stdout: '/made\n' })
    expect(await worker('rmi', image)).toMatchObject({ code: 0 })
    expect(await imageId(image)).toBe('\n')
    await worker('rm', name)
  })

  test('an import goes by each of its names, and its digest in their repository is none of them', async () => {
    const [name, other] = [freshName('import'), freshName('import')].map((each) => `library/${each}:1`)
    await bring(name ?? '')
    await worker('tag', name ?? '', other ?? '')
    const id = await imageId(other ?? '')
    expect(await worker('rmi', name ?? '')).toMatchObject({ code: 0 })
    expect(await imageId(other ?? '')).toBe(id)
    expect(await worker('rmi', other ?? '')).toMatchObject({ code: 0 })
    expect(await imageId(id.trim())).toBe('\n')
  })

  test('an image is found by its digest in a repository of its names', async () => {
    const repository = `library/${freshName('digest')}`
    await bring(`${repository}:1`)
    const told = await worker('image', 'inspect', '-f', '{{index .RepoDigests 0}}', `${repository}:1`)
    const byDigest = told.stdout.trim()
    expect(byDigest).toMatch(/@sha256:/)
    // Once an event has told of the name.
    await expect
      .poll(() => worker('image', 'inspect', '-f', '{{.Id}}', byDigest).then(({ stdout }) => stdout))
      .toBe(await imageId(`${repository}:1`))
    expect(await worker('image', 'prune', '-af')).toMatchObject({ code: 0 })
    expect(await imageId(`${repository}:1`)).toBe('\n')
  })

  test('what the operator pulled by digest stays the operator’s beside a tag of the worker’s', async () => {
    const tool = `${setting('REGISTRY')}/team/tool`
    const pulled = await worker('pull', `${tool}:1`)
    expect(pulled).toMatchObject({ code: 0 })
    const id = (await imageId(`${tool}:1`)).trim()
    const { body } = await engineRequest(engine, { path: `/v1.41/images/${id}/json` })
    const [byDigest = ''] = /127[^"]*team\/tool@sha256:[0-9a-f]{64}/.exec(body) ?? []
    await operator('pull', byDigest)
    expect(await worker('rmi', `${tool}:1`)).toMatchObject({ code: 0 })
    expect((await imageId(byDigest)).trim()).toBe(id)
    await worker('rmi', '-f', id)
    expect((await imageId(byDigest)).trim()).toBe(id)
    await operator('rmi', '-f', id)
  })
})
