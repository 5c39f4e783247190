import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor, workDirectory } from '../support/policy.ts'

describe.each(['podman', 'podman-old'] as const)('before %s', (engine) => {
  const ollama = freshName('ollama')
  const site = freshName('site')
  let gate: Gate
  const worker = (...args: readonly string[]) => docker(gate, args)
  const operator = (...args: readonly string[]) => engineDocker(engine, args)

  beforeAll(async () => {
    // Podman that has idled for minutes does not tell its first client of a container's end, with or without a gate.
    await operator('run', '--name', freshName('first'), 'busybox', 'true')
    await operator('run', '-d', '--name', ollama, '--env', 'TOKEN=secret', 'busybox', 'sleep', '1000')
    const policy = (directory: string): string =>
      policyFor(directory, {
        reach: { [ollama]: ['logs', 'stats'] },
        exec: { own: '*' },
        run: { networks: [site], limits: { memory: '64m', cpus: 1, pids: 50, containers: 3 } },
      })
    gate = await startGate({ engine, policy })
  })
  afterAll(async () => {
    await gate[Symbol.asyncDispose]()
    await operator('rm', '-f', ollama)
  })

  test('a container runs in the foreground, with its output, its input and its exit code', async () => {
    const name = freshName('front')
    // With --rm, Podman 4 loses the exit code by itself; of a container that ends before it looks it never tells the end.
    const words = ['run', '-i', '--name', name, 'busybox', 'sh', '-c', 'cat; echo oops >&2; sleep 2; exit 7']
    const ran = await docker(gate, words, { input: 'hello' })
    expect(ran).toEqual({ code: 7, stdout: 'hello', stderr: 'oops\n' })
    await worker('rm', name)
  })

  test('one in the background is listed, read, run in, renamed, stopped and removed', async () => {
    const name = freshName('back')
    await worker('run', '-d', '--name', name, 'busybox', 'sh', '-c', 'echo up; sleep 1000')
    expect((await worker('ps', '--format', '{{.Names}}')).stdout.split('\n')).toContain(name)
    expect(await worker('logs', name)).toMatchObject({ code: 0, stdout: 'up\n' })
    expect(await worker('exec', name, 'echo', 'inside')).toMatchObject({ code: 0, stdout: 'inside\n' })
    expect(await worker('stats', '--no-stream', '--format', '{{.MemUsage}}', name)).toMatchObject({
      stdout: expect.stringContaining('/ 64MiB'),
    })
    expect(await worker('stop', '-t', '0', name)).toMatchObject({ code: 0 })
    expect(await worker('rm', name)).toMatchObject({ code: 0 })
    expect((await worker('ps', '-a', '--format', '{{.Names}}')).stdout.split('\n')).not.toContain(name)
  })

  test('limits are put in, and hold', async () => {
    const name = freshName('limits')
    await worker('run', '-d', '--name', name, '--memory', '8g', 'busybox', 'sleep', '1000')
    const format = '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}'
    const { stdout } = await operator('inspect', '-f', format, name)
    expect(stdout.trim()).toBe(`${64 * 2 ** 20} ${10 ** 9} 50`)
    await worker('rm', '-f', name)
  })

  test('a container that the operator removes leaves room for another: Podman calls it remove', async () => {
    const names = [0, 1, 2].map(() => freshName('room'))
    for (const name of names) await worker('run', '-d', '--name', name, 'busybox', 'sleep', '1000')
    expect(await worker('run', '--rm', 'busybox')).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('run.limits.containers'),
    })
    await operator('rm', '-f', ...names)
    await expect
      .poll(() => worker('run', '--rm', 'busybox', 'echo', 'room').then(({ stdout }) => stdout))
      .toBe('room\n')
  })

  test('what is the host’s or somebody else’s is refused or not there', async () => {
    const theirs = freshName('theirs')
    await operator('run', '-d', '--name', theirs, 'busybox', 'sleep', '1000')
    for (const words of [
      ['run', '--rm', '--privileged', 'busybox'],
      ['run', '--rm', '--pid', 'host', 'busybox'],
      ['run', '--rm', '--pid', 'ns:/proc/1/ns/pid', 'busybox'],
      ['run', '--rm', '--ipc', 'ns:/proc/1/ns/ipc', 'busybox'],
      ['run', '--rm', '--uts', 'ns:/proc/1/ns/uts', 'busybox'],
      ['run', '--rm', '--userns', 'keep-id', 'busybox'],
      ['run', '--rm', '--network', 'host', 'busybox'],
      ['run', '--rm', '--network', 'ns:/proc/1/ns/net', 'busybox'],
      ['run', '--rm', '--network', 'slirp4netns:allow_host_loopback=true', 'busybox'],
      ['run', '--rm', '--security-opt', 'unmask=ALL', 'busybox'],
      ['run', '--rm', '--security-opt', 'seccomp=unconfined', 'busybox'],
      ['run', '--rm', '-e', 'DOCKGATE_NOT_SET', 'busybox'],
      ['run', '--rm', '-e', 'DOCKGATE*', 'busybox'],
      ['run', '--rm', '-v', 'v:/dev', 'busybox'],
      ['run', '--rm', '-v', '/etc:/etc', 'busybox'],
      ['run', '--rm', '-v', `${workDirectory(gate.directory)}:/w:U`, 'busybox'],
      ['run', '--rm', '-v', `${workDirectory(gate.directory)}:/w:O`, 'busybox'],
    ]) {
      expect([words, (await worker(...words)).code]).toEqual([words, 125])
    }
    expect(await worker('rm', '-f', theirs)).toMatchObject({
      stderr: expect.stringContaining('No such container'),
    })
    expect((await worker('ps', '-a', '--format', '{{.Names}}')).stdout).not.toContain(theirs)
    await operator('rm', '-f', theirs)
  })

  test('the operator’s container is reached by name, as far as the policy says, without its environment', async () => {
    expect(await worker('logs', ollama)).toMatchObject({ code: 0 })
    expect((await worker('inspect', ollama)).stdout).not.toContain('secret')
    expect(await worker('stop', ollama)).toMatchObject({
      stderr: expect.stringContaining(`docker.reach.${ollama}`),
    })
  })

  test('a directory below the root is held, and a named volume is the worker’s', async () => {
    const work = workDirectory(gate.directory)
    await writeFile(join(work, 'file'), 'content')
    expect(await worker('run', '--rm', '-v', `${work}:/work`, 'busybox', 'cat', '/work/file')).toMatchObject({
      stdout: 'content',
    })
    const volume = freshName('volume')
    const theirs = freshName('volume')
    await operator('volume', 'create', theirs)
    await worker('run', '--rm', '-v', `${volume}:/data`, 'busybox', 'touch', '/data/file')
    expect((await worker('volume', 'ls', '-q')).stdout.split('\n')).toContain(volume)
    expect((await worker('volume', 'ls', '-q')).stdout.split('\n')).not.toContain(theirs)
    expect(await worker('run', '--rm', '-v', `${theirs}:/data`, 'busybox')).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('run.volumes'),
    })
    await operator('volume', 'rm', volume, theirs)
  })

  test('a network of the operator’s that the policy names is found, and forgotten, without events of it', async () => {
    const enter = ['run', '--rm', '--network', site, 'busybox', 'true']
    expect(await worker(...enter)).toMatchObject({ code: 125 })
    await operator('network', 'create', site)
    await expect.poll(() => worker(...enter).then(({ code }) => code), { interval: 500 }).toBe(0)
    await operator('network', 'rm', site)
    const gone = async (): Promise<string> => (await worker('network', 'ls', '--format', '{{.Name}}')).stdout
    await expect.poll(gone, { interval: 500 }).not.toContain(site)
  })

  test('a prune removes an own image that nothing uses, and names it', async () => {
    const policy = generousPolicy({ allow: [...everything, 'import', 'image prune'] })
    await using own = await startGate({ engine, policy })
    const words = ['import', '--change', `LABEL is=${freshName('pruned')}`, '-']
    const told = await docker(own, words, { input: Buffer.alloc(1024) })
    const [id] = /sha256:[0-9a-f]{64}/.exec(told.stdout) ?? ['']
    const { body } = await request(own.socket, { method: 'POST', path: '/v1.41/images/prune' })
    expect(JSON.parse(body)).toMatchObject({ ImagesDeleted: [{ Deleted: id }] })
    expect((await operator('image', 'inspect', id)).code).not.toBe(0)
  })

  test('a build is refused with a reason: its builder is not Docker’s', async () => {
    const answer = await request(gate.socket, { method: 'POST', path: '/v1.41/build?t=busybox:mine' })
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining("Podman's builder") })
  })

  test.each(['/libpod/containers/json', '/v4.0.0/libpod/info', '/v4.3.1/libpod/_ping'])(
    'Podman’s own %s is not spoken',
    async (path) => {
      const { status } = await request(gate.socket, { path })
      expect(status).toBeGreaterThanOrEqual(400)
    },
  )
})
