import { readlinkSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { docker, oldDocker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'

describe.each(onEngines('new', 'old'))('docker run on the %s engine', (engine) => {
  const shared = gateForAll(engine)

  describe.each([
    ['26', docker],
    ['20.10', oldDocker],
  ] as const)('with the CLI of %s', (_version, cli) => {
    test('prints what the container prints, on the output where it printed it', async () => {
      const result = await cli(shared.gate, ['run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2'])
      expect(result).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' })
    })

    test('ends with the exit code of the container', async () => {
      const result = await cli(shared.gate, ['run', '--rm', 'busybox', 'sh', '-c', 'exit 3'])
      expect(result).toEqual({ code: 3, stdout: '', stderr: '' })
    })

    test('tells the engine’s own error where the command is missing, and exits with 127', async () => {
      const result = await cli(shared.gate, ['run', '--rm', 'busybox', 'no-such-command'])
      expect(result.code).toBe(127)
      expect(result.stderr).toContain('no-such-command')
    })

    test('passes input on, and its end', async () => {
      const result = await cli(shared.gate, ['run', '--rm', '-i', 'busybox', 'cat'], { input: 'one\ntwo\n' })
      expect(result).toEqual({ code: 0, stdout: 'one\ntwo\n', stderr: '' })
    })

    test('gives a terminal', async () => {
      const result = await cli(shared.gate, ['run', '--rm', '-t', 'busybox', 'tty'])
      expect(result).toEqual({ code: 0, stdout: '/dev/pts/0\r\n', stderr: '' })
    })

    test('gives the container a cgroup namespace of its own, also where the default is the host’s', async () => {
      const result = await cli(shared.gate, ['run', '--rm', 'busybox', 'readlink', '/proc/self/ns/cgroup'])
      expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cgroup:/) })
      expect(result.stdout.trim()).not.toBe(readlinkSync('/proc/self/ns/cgroup'))
    })

    test('goes on in the background, and logs tell what it prints', async () => {
      const name = freshName('background')
      const started = await cli(shared.gate, ['run', '-d', '--name', name, 'busybox', 'echo', 'done'])
      expect(started).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) })
      expect(await cli(shared.gate, ['wait', name])).toMatchObject({ code: 0, stdout: '0\n' })
      expect(await cli(shared.gate, ['logs', name])).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
      const running = await cli(shared.gate, ['ps', '-q', '--no-trunc'])
      expect(running.stdout).not.toContain(started.stdout)
      expect(await cli(shared.gate, ['rm', name])).toEqual({ code: 0, stdout: `${name}\n`, stderr: '' })
      expect(await engineDocker(engine, ['inspect', name])).toMatchObject({ code: 1 })
    })

    test('can be taken apart into create and start', async () => {
      const name = freshName('apart')
      await cli(shared.gate, ['create', '--name', name, '-i', 'busybox', 'sh', '-c', 'cat; exit 4'])
      const result = await cli(shared.gate, ['start', '-ai', name], { input: 'typed\n' })
      expect(result).toEqual({ code: 4, stdout: 'typed\n', stderr: '' })
      expect(await cli(shared.gate, ['rm', name])).toMatchObject({ code: 0 })
    })
  })

  test('--rm leaves nothing behind', async () => {
    const name = freshName('leaves')
    await docker(shared.gate, ['run', '--rm', '--name', name, '-v', '/data', 'busybox', 'true'])
    expect(await engineDocker(engine, ['ps', '-aq', '--filter', `name=${name}`])).toMatchObject({
      stdout: '',
    })
  })

  test('sets environment, working directory, user, host name and entrypoint', async () => {
    const given = ['-e', 'GIVEN=a b', '-w', '/tmp', '-u', '1000', '--hostname', 'box', '--entrypoint', 'sh']
    const says = 'echo "$GIVEN"; pwd; id -u; hostname'
    const result = await docker(shared.gate, ['run', '--rm', ...given, 'busybox', '-c', says])
    expect(result).toEqual({ code: 0, stdout: 'a b\n/tmp\n1000\nbox\n', stderr: '' })
  })

  test('--read-only keeps the container from writing, but in a tmpfs', async () => {
    const says = 'touch /tmp/yes && echo written; touch /no'
    const result = await docker(shared.gate, [
      ...['run', '--rm', '--read-only', '--tmpfs', '/tmp', 'busybox', 'sh', '-c', says],
    ])
    expect(result).toMatchObject({ code: 1, stdout: 'written\n' })
    expect(result.stderr).toContain('Read-only file system')
  })

  test('keeps the labels that the client gives, and adds its own', async () => {
    const name = freshName('labels')
    await docker(shared.gate, ['create', '--name', name, '--label', 'mine=yes', 'busybox'])
    const labels = await engineDocker(engine, ['inspect', '-f', '{{json .Config.Labels}}', name])
    expect(JSON.parse(labels.stdout)).toMatchObject({ mine: 'yes' })
    const listed = await docker(shared.gate, [
      'ps',
      '-a',
      '--filter',
      'label=mine=yes',
      '--format',
      '{{.Names}}',
    ])
    expect(listed.stdout).toBe(`${name}\n`)
    await docker(shared.gate, ['rm', name])
  })

  test('runs a health check', async () => {
    const name = freshName('health')
    const check = ['--health-cmd', 'true', '--health-interval', '1s', '--health-retries', '1']
    await docker(shared.gate, ['run', '-d', '--name', name, ...check, 'busybox', 'sleep', '30'])
    await expect
      .poll(() => docker(shared.gate, ['inspect', '-f', '{{.State.Health.Status}}', name]))
      .toMatchObject({ stdout: 'healthy\n' })
    expect(await docker(shared.gate, ['rm', '-f', name])).toMatchObject({ code: 0 })
  })

  test('--restart on-failure starts a failing container again, as often as it says', async () => {
    const name = freshName('again')
    await docker(shared.gate, ['run', '-d', '--name', name, '--restart', 'on-failure:2', 'busybox', 'false'])
    await expect
      .poll(() => docker(shared.gate, ['inspect', '-f', '{{.RestartCount}} {{.State.Status}}', name]))
      .toMatchObject({ stdout: '2 exited\n' })
    await docker(shared.gate, ['rm', name])
  })
})
