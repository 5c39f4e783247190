import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { recordOf } from '../support/audit.ts'
import { classicBuild } from '../support/build.ts'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName, gateForAll } from '../support/everything.ts'
import { setting } from '../support/settings.ts'

describe.each(onEngines('new', 'old'))('an outcome in the record before the %s engine', (engine) => {
  const more = [
    'container prune',
    'volume create',
    'volume prune',
    'build',
    'save',
    'load',
    'import',
    'image prune',
  ]
  const team = `${setting('REGISTRY')}/team`
  const shared = gateForAll(engine, {
    allow: [...everything, ...more],
    run: { images: ['busybox', `${team}/*`] },
  })

  async function worker(...args: readonly string[]): Promise<string> {
    const result = await docker(shared.gate, args)
    expect(result).toMatchObject({ code: 0 })
    return result.stdout.trim()
  }

  /** What the newest outcome of an operation says it was about. */
  async function targetOf(operation: string): Promise<readonly string[]> {
    await sleep(200)
    const outcomes = await recordOf(shared.gate, '--operation', operation, '--decision', 'outcome')
    return String(outcomes.at(-1)?.['target']).split(' ')
  }

  test('of a prune names what was removed', async () => {
    const containers = [await worker('create', 'busybox', 'true'), await worker('create', 'busybox', 'true')]
    await worker('container', 'prune', '-f')
    expect((await targetOf('container.prune')).toSorted()).toEqual(containers.toSorted())
    const volume = await worker('volume', 'create')
    await worker('volume', 'prune', '-f')
    expect(await targetOf('volume.prune')).toEqual([volume])
    await worker('volume', 'prune', '-f')
    expect(await targetOf('volume.prune')).toEqual([''])
  })

  test('of a prune of images names each that went, and none that is in use', async () => {
    const [gone, used] = [`${team}/${freshName('gone')}:1`, `${team}/${freshName('used')}:1`]
    for (const name of [gone, used])
      await docker(shared.gate, ['import', '--change', `LABEL is=${name}`, '-', name], {
        input: Buffer.alloc(1024),
      })
    const id = await worker('image', 'inspect', '-f', '{{.Id}}', gone)
    const container = await worker('create', used, 'true')
    expect(await worker('image', 'prune', '-af')).toContain(`deleted: ${id}`)
    expect(await targetOf('image.prune')).toEqual([id])
    await worker('rm', container)
    await worker('rmi', used)
  })

  test('of a build names what was made and pulled, of a load what it gave', async () => {
    const [base, made] = [`${team}/${freshName('base')}:1`, `${team}/${freshName('made')}:1`]
    const operator = (...args: readonly string[]) => engineDocker(engine, args, { input: Buffer.alloc(1024) })
    expect(await operator('import', '--change', `LABEL is=${freshName('label')}`, '-', base)).toMatchObject({
      code: 0,
    })
    await operator('push', base)
    await operator('rmi', base)
    expect(await classicBuild(shared.gate, `FROM ${base}\nLABEL made=1\n`, '-t', made)).toMatchObject({
      code: 0,
    })
    const id = await worker('image', 'inspect', '-f', '{{.Id}}', made)
    expect(await targetOf('image.build')).toEqual([made, id, 'pulled', base])
    const file = join(shared.gate.directory, 'saved.tar')
    await worker('save', '-o', file, made)
    await worker('rmi', made)
    await worker('load', '-i', file)
    expect(await targetOf('image.load')).toEqual([made])
    await worker('rmi', made, base)
  })
})
