import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, engineRequest, onEngines } from '../support/engine.ts'
import { freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'

const MIB = 2 ** 20

describe.each(onEngines('new', 'old'))('limits of containers on the %s engine', (engine) => {
  const shared = gateForAll(engine, {
    run: {
      limits: { memory: '256m', cpus: 0.5, pids: 100, shm: '32m', tmpfs: '64m', log: '1m', nofile: 4096 },
    },
  })

  /** What the engine itself says of a container that was created with these arguments. */
  async function created(...args: readonly string[]): Promise<Record<string, unknown>> {
    return createdWarned('', ...args)
  }

  /** @param warning that the CLI prints */
  async function createdWarned(
    warning: string,
    ...args: readonly string[]
  ): Promise<Record<string, unknown>> {
    const name = freshName('limits')
    const made = await docker(shared.gate, ['create', '--name', name, ...args, 'busybox', 'true'])
    expect(made.code).toBe(0)
    if (warning === '') expect(made.stderr).toBe('')
    else expect(made.stderr).toContain(`WARNING: ${warning}`)
    const answer = await engineRequest(engine, { path: `/containers/${name}/json` })
    await docker(shared.gate, ['rm', name])
    return JSON.parse(answer.body).HostConfig
  }

  test('are put in where the client gives none', async () => {
    expect(await created()).toMatchObject({
      Memory: 256 * MIB,
      MemorySwap: 512 * MIB,
      NanoCpus: 5e8,
      PidsLimit: 100,
      ShmSize: 32 * MIB,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '3' } },
      Privileged: false,
      IpcMode: 'private',
    })
  })

  test('are brought down where the client gives more', async () => {
    const args = [
      '--memory',
      '8g',
      '--memory-swap',
      '16g',
      '--cpus',
      '2',
      '--pids-limit',
      '-1',
      '--shm-size',
      '1g',
    ]
    expect(await createdWarned('memory 8g is 256m here (run.limits.memory)', ...args)).toMatchObject({
      Memory: 256 * MIB,
      MemorySwap: 512 * MIB,
      NanoCpus: 5e8,
      PidsLimit: 100,
      ShmSize: 32 * MIB,
    })
  })

  test('are kept where the client gives less', async () => {
    const args = [
      '--memory',
      '64m',
      '--memory-swap',
      '64m',
      '--cpus',
      '0.25',
      '--pids-limit',
      '10',
      '--shm-size',
      '1m',
    ]
    expect(await created(...args)).toMatchObject({
      Memory: 64 * MIB,
      MemorySwap: 64 * MIB,
      NanoCpus: 2.5e8,
      PidsLimit: 10,
      ShmSize: MIB,
    })
  })

  test('of a CPU quota are limits of CPUs', async () => {
    expect(
      await createdWarned('cpus 4 is 0.5 here', '--cpu-period', '100000', '--cpu-quota', '400000'),
    ).toMatchObject({
      NanoCpus: 5e8,
      CpuQuota: 0,
    })
  })

  test('give a tmpfs a size', async () => {
    expect(await created('--tmpfs', '/scratch')).toMatchObject({ Tmpfs: { '/scratch': `size=${64 * MIB}` } })
    expect(await created('--mount', 'type=tmpfs,target=/scratch')).toMatchObject({
      Mounts: [{ Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 64 * MIB } }],
    })
  })

  test('bring down a tmpfs that is larger', async () => {
    const warning = 'tmpfs at /scratch, size 1g is 64m here (run.limits.tmpfs)'
    expect(await createdWarned(warning, '--tmpfs', '/scratch:size=1g')).toMatchObject({
      Tmpfs: { '/scratch': `size=${64 * MIB}` },
    })
  })

  test('hold in the container', async () => {
    const run = [
      'run',
      '--rm',
      '--memory',
      '16m',
      '--memory-swap',
      '16m',
      '--ulimit',
      'nofile=512',
      'busybox',
    ]
    const read = await docker(shared.gate, [...run, 'sh', '-c', 'ulimit -n; df -m /dev/shm | tail -1'])
    expect(read.stdout).toMatch(/^512\n\S+ +32 /)
    expect(await docker(shared.gate, [...run, 'tail', '-c', '64m', '/dev/zero'])).toMatchObject({
      code: 137,
      stdout: '',
    })
  })

  test('of open files: more than the policy gives is brought down', async () => {
    const warning = 'ulimit nofile=5000:5000 is 4096:4096 here (run.limits.nofile)'
    expect(await createdWarned(warning, '--ulimit', 'nofile=5000')).toMatchObject({
      Ulimits: [{ Name: 'nofile', Hard: 4096, Soft: 4096 }],
    })
  })

  test('of ulimits: what the policy names is given up to that, another is refused', async () => {
    await using gate = await startGate({
      engine,
      policy: generousPolicy({ run: { ulimits: { memlock: '1m', sigpending: 5 } } }),
    })
    const run = (...flags: readonly string[]) =>
      docker(gate, ['run', '--rm', ...flags, 'busybox', 'cat', '/proc/self/limits'])
    const given = await run('--ulimit', 'memlock=-1', '--ulimit', 'sigpending=99')
    expect(given.stdout).toMatch(/Max locked memory +1048576 +1048576/)
    expect(given.stdout).toMatch(/Max pending signals +5 +5/)
    expect(given.stderr).toContain('ulimit memlock=-1:-1 is 1048576:1048576 here (run.ulimits.memlock)')
    expect(await run('--ulimit', 'msgqueue=1')).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('run.ulimits'),
    })
  })

  test('hold for an update, and what it changes is counted', async () => {
    const name = freshName('update')
    await docker(shared.gate, ['create', '--name', name, 'busybox', 'true'])
    const less = await docker(shared.gate, ['update', '--memory', '32m', '--memory-swap', '64m', name])
    expect(less).toMatchObject({ code: 0, stderr: '' })
    const inspect = ['inspect', '-f', '{{.HostConfig.Memory}}', name]
    expect(await engineDocker(engine, inspect)).toMatchObject({ stdout: `${32 * MIB}\n` })
    const more = await docker(shared.gate, ['update', '--memory', '8g', '--memory-swap', '16g', name])
    expect(more.stdout).toContain('memory 8g is 256m here (run.limits.memory)')
    expect(await engineDocker(engine, inspect)).toMatchObject({ stdout: `${256 * MIB}\n` })
    await docker(shared.gate, ['rm', name])
  })

  test('of restart: a policy that is not allowed is refused with those that are', async () => {
    const result = await docker(shared.gate, ['run', '-d', '--restart', 'always', 'busybox', 'true'])
    expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining('on-failure') })
  })
})
