/** Names of images are a worker's own: what it builds, pulls, tags or loads changes nothing of what they mean to anybody else. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { classicBuild } from '../support/build.ts'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor } from '../support/policy.ts'
import { setting } from '../support/settings.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const words = 'build, tag, commit, import, load, save, push, search, system prune, container prune'.split(
  ', ',
)
const registry = setting('REGISTRY')

describe.each(onEngines('new', 'old'))('on the %s engine', (engine) => {
  let gate: Gate
  const worker = (...args: readonly string[]): Promise<CommandResult> => docker(gate, args)
  const other = (...args: readonly string[]): Promise<CommandResult> =>
    docker(otherSocket(gate.directory), args)
  const operator = (...args: readonly string[]): Promise<CommandResult> => engineDocker(engine, args)
  const idOf = async (of: typeof worker, name: string): Promise<string> =>
    (await of('image', 'inspect', '-f', '{{.Id}}', name)).stdout.trim()
  const says = async (of: typeof worker, image: string): Promise<string> =>
    (await of('run', '--rm', image, 'cat', '/said')).stdout.trim()
  /** An image that says something. */
  const build = (target: { readonly socket: string }, tag: string, said: string, from = 'busybox') =>
    classicBuild(target, `FROM ${from}\nRUN echo ${said} >/said\n`, '-t', tag)
  /** An image of the operator's. */
  const operators = async (name: string, said: string): Promise<void> => {
    const made = freshName('made')
    await operator('run', '--name', made, 'busybox', 'sh', '-c', `echo ${said} >/said`)
    await operator('commit', made, name)
    await operator('rm', made)
  }

  beforeAll(async () => {
    const policy = (directory: string): string =>
      policyFor(directory, { allow: [...everything, ...words, 'compose'], run: { names: 'own' } })
    gate = await startGate({ engine, policy: withOther(policy) })
  })
  afterAll(async () => {
    for (const one of [worker, other]) await one('system', 'prune', '-af', '--volumes')
    await gate[Symbol.asyncDispose]()
  })

  test('a name that nobody has yet is built, and means nothing to others', async () => {
    const name = freshName('squatted')
    expect(await build(gate, name, 'mine')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Successfully tagged ${name}:latest`),
    })
    expect(await says(worker, name)).toBe('mine')
    expect(await idOf(operator, name)).toBe('')
    expect(await idOf(other, name)).toBe('')
    await operators(name, 'theirs')
    expect([await says(operator, name), await says(other, name), await says(worker, name)]).toEqual([
      'theirs',
      'theirs',
      'mine',
    ])
    const listed = ['images', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}', '--no-trunc', name]
    expect((await worker(...listed)).stdout).toBe(`${name}:latest ${await idOf(worker, name)}\n`)
    expect((await other(...listed)).stdout).toBe(`${name}:latest ${await idOf(operator, name)}\n`)
    expect((await operator('images', '--format', '{{.Repository}}')).stdout).toContain(
      `ai-worker.dockgate.invalid/docker.io/library/${name}\n`,
    )
    expect(await worker('rmi', name)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Untagged: ${name}:latest`),
    })
    // From here on it is the operator's to the worker too, which can't take it away.
    expect(await says(worker, name)).toBe('theirs')
    expect(await worker('rmi', name)).toMatchObject({ code: 1, stderr: expect.stringContaining('conflict') })
    expect(await operator('rmi', name)).toMatchObject({ code: 0 })
  })

  test('what a worker built is what it builds upon, and copies from', async () => {
    const [base, next] = [`${freshName('base')}:1`, `ghcr.io/acme/${freshName('next')}:2`]
    await operators(base, 'theirs')
    expect((await build(gate, base, 'mine')).code).toBe(0)
    const file = `FROM busybox\nCOPY --from=${base} /said /copied\nFROM ${base}\nCOPY --from=0 /copied /\nRUN cat /copied\n`
    expect(await classicBuild(gate, file, '-t', next)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nmine\n[^]*Successfully tagged ghcr\.io\/acme\//),
    })
    expect((await worker('run', '--rm', next, 'cat', '/said', '/copied')).stdout).toBe('mine\nmine\n')
    expect(
      await classicBuild(
        { socket: otherSocket(gate.directory) },
        `FROM ${base}\nRUN cat /said\n`,
        '-t',
        base,
      ),
    ).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('\ntheirs\n'),
    })
    expect((await worker('rmi', next, base)).code).toBe(0)
    expect((await other('rmi', base)).code).toBe(0)
    expect((await operator('rmi', base)).code).toBe(0)
  })

  test('a pull moves no name of the host, and is told as one of an engine', async () => {
    const repository = `${registry}/team/${freshName('tool')}`
    const tool = `${repository}:1`
    await operators(tool, 'published')
    for (const args of [['push'], ['rmi']]) expect((await operator(...args, tool)).code).toBe(0)
    await operators(tool, 'theirs')
    const before = await idOf(operator, tool)
    const pulled = await worker('pull', tool)
    expect(pulled).toMatchObject({ code: 0, stderr: '' })
    expect(pulled.stdout).toMatch(
      /^1: Pulling from team\/tool[^\n]*\n[^]*Digest: sha256:[0-9a-f]{64}\nStatus: (?:Downloaded newer image|Image is up to date) for [^@\n]*\/team\/tool[^@\n]*:1\n[^@\n]*\/team\/tool[^@\n]*:1\n$/,
    )
    expect(await idOf(operator, tool)).toBe(before)
    expect(await says(other, tool)).toBe('theirs')
    expect(await says(worker, tool)).toBe('published')
    const [seen] = JSON.parse((await worker('image', 'inspect', tool)).stdout)
    const digest = /sha256:[0-9a-f]{64}/.exec(pulled.stdout)?.[0]
    expect(seen).toMatchObject({ RepoTags: [tool], RepoDigests: [`${repository}@${digest}`] })
    expect((await worker('pull', tool)).stdout).toContain('Status: Image is up to date for')
    expect((await worker('rmi', tool)).code).toBe(0)
    expect(await idOf(operator, tool)).toBe(before)
    expect((await operator('rmi', tool)).code).toBe(0)
    const left = (await operator('images', '--digests', '--format', '{{.Repository}}')).stdout
    expect(left).not.toContain(repository)
    expect(await worker('pull', `${registry}/team/nothing:1`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('manifest unknown'),
    })
  })

  test('a build pulls what is missing in the same way', async () => {
    const [base, name] = [`${registry}/team/${freshName('base')}:1`, freshName('upon')]
    await operators(base, 'theirs')
    for (const args of [
      ['push', base],
      ['rmi', base],
    ])
      expect((await operator(...args)).code).toBe(0)
    expect(await build(gate, name, 'mine', base)).toMatchObject({ code: 0 })
    expect(await idOf(operator, base)).toBe('')
    expect([await says(worker, base), await says(worker, name)]).toEqual(['theirs', 'mine'])
    expect(await worker('rmi', name, base)).toMatchObject({ code: 0, stderr: '' })
  })

  test('names are saved, loaded, imported and committed as the worker has them', async () => {
    const [name, container] = [`${freshName('kept')}:1`, freshName('of')]
    expect((await build(gate, name, 'mine')).code).toBe(0)
    const id = await idOf(worker, name)
    const archive = join(gate.directory, 'work', 'saved.tar')
    expect((await worker('save', '-o', archive, name)).code).toBe(0)
    expect((await readFile(archive)).toString('latin1')).not.toContain('dockgate.invalid')
    expect((await worker('rmi', name)).code).toBe(0)
    expect(await worker('load', '-i', archive)).toMatchObject({ code: 0, stdout: `Loaded image: ${name}\n` })
    expect([await idOf(worker, name), await says(worker, name)]).toEqual([id, 'mine'])
    // As the engine itself reads it.
    expect(await operator('load', '-i', archive)).toMatchObject({
      code: 0,
      stdout: `Loaded image: ${name}\n`,
    })
    expect(await idOf(operator, name)).toBe(id)
    expect(await other('load', '-i', archive)).toMatchObject({ code: 0 })
    for (const one of [operator, other]) expect((await one('rmi', name)).code).toBe(0)

    await worker('create', '--name', container, name)
    const committed = `${freshName('committed')}:1`
    expect((await worker('commit', container, committed)).code).toBe(0)
    expect(await says(worker, committed)).toBe('mine')
    const files = join(gate.directory, 'work', 'files.tar')
    expect((await worker('export', '-o', files, container)).code).toBe(1)
    await writeFile(files, Buffer.alloc(1024))
    const imported = `${freshName('imported')}:1`
    expect((await worker('import', files, imported)).code).toBe(0)
    for (const one of [committed, imported]) expect(await idOf(operator, one)).toBe('')
    const history = await worker('history', '--no-trunc', committed)
    expect(history.stdout).not.toContain('dockgate.invalid')
    await worker('rm', container)
    expect(await worker('rmi', committed, imported, name)).toMatchObject({ code: 0 })
  })

  test('a push sends an image under its true name, which no image of the host loses', async () => {
    const name = `${registry}/team/${freshName('pushed')}:1`
    expect((await build(gate, name, 'mine')).code).toBe(0)
    expect(await worker('push', name)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`The push refers to repository [${name.replace(/:1$/, '')}]`),
    })
    await expect.poll(() => idOf(operator, name)).toBe('')
    expect((await worker('rmi', name)).code).toBe(0)
    expect((await other('pull', name)).code).toBe(0)
    expect(await says(other, name)).toBe('mine')
    expect(await idOf(operator, name)).toBe('')

    await operators(name, 'theirs')
    expect((await build(gate, name, 'more')).code).toBe(0)
    expect(await worker('push', name)).toMatchObject({ code: 1, stderr: expect.stringContaining('push.own') })
    expect(await says(operator, name)).toBe('theirs')
    expect(await worker('push', `${registry}/team/${freshName('nothing')}`)).toMatchObject({ code: 1 })
    for (const one of [operator, worker, other]) expect((await one('rmi', name)).code).toBe(0)
  })

  test('a name that is pushed is held for that long, by one push after the other, and is nobody else’s', async () => {
    const name = `${registry}/team/${freshName('held')}:1`
    const context = ['FROM busybox', 'RUN head -c 20000000 /dev/urandom >/big', 'RUN echo mine >/said'].join(
      '\n',
    )
    expect((await classicBuild(gate, context, '-t', name)).code).toBe(0)
    await worker('run', '-d', '--name', 'holder', name, 'sleep', '1000')
    const taken: string[] = []
    const over = new AbortController()
    const looks = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const { code, stdout } = await other('tag', name, 'stolen:1')
        if (code === 0) taken.push(stdout)
        if ((await other('images', '-q', name)).stdout !== '') taken.push('listed')
      }
    }
    const looking = looks()
    const pushes = Array.from({ length: 5 }, () => worker('push', name))
    expect((await Promise.all(pushes)).map(({ code }) => code)).toEqual([0, 0, 0, 0, 0])
    over.abort()
    await looking
    expect(taken).toEqual([])
    expect(await idOf(operator, name)).toBe('')
    // One after the other each finds it free again.
    for (let left = 4; left > 0; left -= 1)
      expect(await worker('push', '-q', name)).toMatchObject({ code: 0, stderr: '' })
    // It is taken back as well where the worker's own name is asked to go meanwhile.
    await Promise.all([worker('push', '-q', name), worker('rmi', '-f', name)])
    expect(await idOf(operator, name)).toBe('')
    await worker('rm', '-f', 'holder')
    await worker('rmi', name)
  })

  test('what is pulled goes without taking tags of the operator’s, and leaves nothing when its tag moves', async () => {
    const repository = `${registry}/team/${freshName('moves')}`
    const publish = async (said: string): Promise<void> => {
      await operators(`${repository}:1`, said)
      for (const args of [['push', '-q'], ['rmi']])
        expect((await operator(...args, `${repository}:1`)).code).toBe(0)
    }
    const digests = async (): Promise<string> =>
      (await operator('images', '--digests', '--format', '{{.Repository}}@{{.Digest}}')).stdout
    await publish('one')
    expect((await worker('pull', '-q', `${repository}:1`)).code).toBe(0)
    const [first] = (await digests()).split('\n').filter((line) => line.startsWith(`${repository}@`))
    await publish('two')
    expect((await worker('pull', '-q', `${repository}:1`)).code).toBe(0)
    expect(await says(worker, `${repository}:1`)).toBe('two')
    if (first !== undefined) expect(await digests()).not.toContain(first)

    expect((await operator('pull', '-q', `${repository}:1`)).code).toBe(0)
    expect((await operator('tag', `${repository}:1`, `${repository}:prod`)).code).toBe(0)
    expect(await worker('rmi', `${repository}:1`)).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining(':prod'),
    })
    for (const tag of ['1', 'prod']) expect(await idOf(operator, `${repository}:${tag}`)).not.toBe('')
    expect((await operator('rmi', `${repository}:1`, `${repository}:prod`)).code).toBe(0)
  })

  test('a prune and a removal by id take the worker’s own names, and nobody else’s', async () => {
    const [mine, theirs] = [`${freshName('mine')}:1`, `${freshName('theirs')}:1`]
    await operators(theirs, 'theirs')
    const id = await idOf(operator, theirs)
    for (const one of [worker, other]) expect((await one('tag', theirs, mine)).code).toBe(0)
    expect((await build({ socket: otherSocket(gate.directory) }, `${mine}-built`, 'theirs')).code).toBe(0)
    expect(await worker('image', 'prune', '-af')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`untagged: ${mine}`),
    })
    expect([await idOf(worker, mine), await idOf(other, mine), await idOf(operator, theirs)]).toEqual([
      '',
      id,
      id,
    ])
    expect(await idOf(other, `${mine}-built`)).not.toBe('')
    expect(await other('rmi', '-f', id)).toMatchObject({ code: 0, stdout: `Untagged: ${mine}\n` })
    expect([await idOf(other, mine), await idOf(operator, theirs)]).toEqual(['', id])
    expect(await other('rmi', '-f', id)).toMatchObject({ code: 1 })
    expect((await other('rmi', `${mine}-built`)).code).toBe(0)
    expect((await operator('rmi', theirs)).code).toBe(0)
  })

  test('what the operator names like a worker’s is not the worker’s', async () => {
    const name = `${freshName('foreign')}:1`
    const inner = `ai-worker.dockgate.invalid/docker.io/library/${name}`
    await operators(inner, 'theirs')
    expect(await worker('run', '--rm', name)).toMatchObject({ code: 125 })
    expect(await worker('run', '--rm', inner)).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('run.images'),
    })
    expect(await worker('tag', 'busybox', name)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('image.name'),
    })
    expect(await worker('pull', inner)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('run.images'),
    })
    expect(await says(operator, inner)).toBe('theirs')
    expect((await operator('rmi', inner)).code).toBe(0)
  })

  test('lists are filtered, and events told, in the worker’s words', async () => {
    const base = freshName('find')
    const since = `${Math.floor(Date.now() / 1000)}`
    for (const tag of ['one', 'two:3'])
      expect((await worker('tag', 'busybox', `${base}/${tag}`)).code).toBe(0)
    const found = async (...filters: readonly string[]): Promise<readonly string[]> => {
      const all = filters.flatMap((filter) => ['--filter', filter])
      const { stdout } = await worker('images', '--format', '{{.Repository}}:{{.Tag}}', ...all)
      return stdout.trim().split('\n').sort()
    }
    expect(await found(`reference=${base}/*`)).toEqual([`${base}/one:latest`, `${base}/two:3`])
    expect(await found(`reference=${base}/t?o`)).toEqual([`${base}/two:3`])
    expect(await found(`reference=${base}/[n-p]*:l*`, 'dangling=false')).toEqual([`${base}/one:latest`])
    expect(await found(`reference=ai-worker*/**`)).toEqual([''])
    expect(await found(`reference=*`)).not.toContain(`${base}/one:latest`)
    const name = freshName('of')
    await worker('create', '--name', name, `${base}/two:3`)
    expect((await worker('ps', '-aq', '--filter', `ancestor=${base}/two:3`)).stdout).not.toBe('')
    expect((await worker('ps', '-a', '--format', '{{.Image}}', '--filter', `name=${name}`)).stdout).toBe(
      `${base}/two:3\n`,
    )
    const until = `${Math.ceil(Date.now() / 1000) + 1}`
    const { body } = await request(gate.socket, {
      path: `/events?since=${since}&until=${until}&filters=${encodeURIComponent(JSON.stringify({ image: [`${base}/two`] }))}`,
    })
    expect(body).toContain(`"name":"${base}/two:3"`)
    expect(body).toContain(`"image":"${base}/two:3"`)
    expect(body).not.toMatch(new RegExp(`dockgate\\.invalid|${base}/one`))
    const reads = [
      '/images/json?all=1',
      `/images/${base}/one/json`,
      `/images/${base}/one/history`,
      '/system/df',
    ]
    for (const path of reads)
      expect((await request(gate.socket, { path })).body).not.toContain('dockgate.invalid')
    await worker('rm', name)
    expect((await worker('rmi', `${base}/one`, `${base}/two:3`)).code).toBe(0)
  })
})
