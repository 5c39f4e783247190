/** What a worker removes or prunes of its images is gone from the disk, and nobody else's name with it. */
import { describe, expect, test } from 'vitest'
import { waysToBring } from '../support/bring.ts'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName, gateForAll } from '../support/everything.ts'
import { setting } from '../support/settings.ts'

const words = ['build', 'tag', 'import', 'commit', 'load', 'image prune', 'system prune', 'network prune']
const rights = {
  allow: [...everything, ...words, 'container prune', 'builder prune'],
  run: { images: ['busybox', `${setting('REGISTRY')}/team/*`] },
}
const newName = (): string => `${setting('REGISTRY')}/team/${freshName('space')}:1`

describe.each(onEngines('new', '26'))('on the %s engine', (engine) => {
  const { theirs, ways } = waysToBring(engine)
  const operator = (...args: readonly string[]) => engineDocker(engine, args)
  const idOf = async (name: string): Promise<string> =>
    (await operator('image', 'inspect', '-f', '{{.Id}}', name)).stdout.trim()

  const shared = gateForAll(engine, rights)
  const removals: Readonly<Record<string, (name: string) => readonly string[]>> = {
    rmi: (name) => ['rmi', name],
    'image prune -a': () => ['image', 'prune', '-af'],
    'system prune -a': () => ['system', 'prune', '-af'],
  }
  const made = Object.keys(ways).filter((way) => way !== 'tag')
  const cases = made.flatMap((way) => Object.keys(removals).map((removal) => [way, removal] as const))

  test.each(cases)('after a %s, %s leaves nothing of it', async (way, removal) => {
    const { gate } = shared
    const name = newName()
    expect(await ways[way]?.(gate, name)).toMatchObject({ code: 0 })
    const id = await idOf(name)
    expect(id).not.toBe('')
    expect(await docker(gate, removals[removal]?.(name) ?? [])).toMatchObject({ code: 0 })
    expect(await Promise.all([idOf(name), idOf(id)])).toEqual(['', ''])
  })

  test('after a tag, rmi leaves the image, which is the operator’s', async () => {
    const name = newName()
    await ways['tag']?.(shared.gate, name)
    expect(await docker(shared.gate, ['rmi', name])).toMatchObject({ code: 0 })
    expect([await idOf(name), await idOf('busybox')]).toEqual(['', expect.stringMatching(/^sha256:/)])
  })

  test('a prune takes an image of several own names, and none that has one of the operator’s or is in use', async () => {
    const { gate } = shared
    const [free, both, used] = [newName(), newName(), newName()]
    for (const name of [free, both, used]) {
      await ways['import']?.(gate, name)
      await docker(gate, ['tag', name, name.replace(/1$/, 'two')])
    }
    const taken = newName()
    await operator('tag', both, taken)
    const container = (await operator('create', used, 'true')).stdout.trim()
    const ids = await Promise.all([free, both, used].map(idOf))
    expect(await docker(gate, ['image', 'prune', '-af'])).toMatchObject({ code: 0 })
    expect(await Promise.all([idOf(free), idOf(ids[0] ?? '')])).toEqual(['', ''])
    for (const name of [taken, both, both.replace(/1$/, 'two')]) expect(await idOf(name)).toBe(ids[1])
    for (const name of [used, used.replace(/1$/, 'two')]) expect(await idOf(name)).toBe(ids[2])
    await operator('rm', container)
    await operator('rmi', taken)
    await docker(gate, ['image', 'prune', '-af'])
    expect(await Promise.all([idOf(both), idOf(used)])).toEqual(['', ''])
  })

  test('an image that the operator pulled by its digest outlives a worker’s names in that repository', async () => {
    const { gate } = shared
    const name = newName()
    await theirs(name)
    await operator('push', name)
    const digest = (await operator('image', 'inspect', '-f', '{{index .RepoDigests 0}}', name)).stdout.trim()
    await operator('rmi', name)
    await operator('pull', '-q', digest)
    const given = name.replace(/1$/, 'mine')
    // The gate hears of it by an event.
    await expect.poll(() => docker(gate, ['tag', digest, given])).toMatchObject({ code: 0 })
    for (const way of [
      ['rmi', given],
      ['image', 'prune', '-af'],
    ])
      await docker(gate, way)
    expect(await idOf(digest)).not.toBe('')
    await operator('rmi', '-f', await idOf(digest))
  })
})
