import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { startDocker } from '../support/process.ts'
import { onEngines } from '../support/engine.ts'

describe.each(onEngines('new', 'old'))('logs and attach on the %s engine', (engine) => {
  const shared = gateForAll(engine)
  const worker = (...args: readonly string[]) => docker(shared.gate, args)

  test('logs --follow prints what comes, and ends with the container', async () => {
    const name = freshName('follow')
    await worker(
      'run',
      '-d',
      '--name',
      name,
      'busybox',
      'sh',
      '-c',
      'for i in 1 2 3; do echo line $i; sleep 1; done',
    )
    await using running = startDocker(shared.gate, ['logs', '--follow', name])
    await running.printed('line 1')
    expect(running.stdout()).not.toContain('line 3')
    expect(await running.ended).toEqual({ code: 0, stdout: 'line 1\nline 2\nline 3\n', stderr: '' })
    await worker('rm', name)
  })

  test('logs --tail, --since, --until and --timestamps give a part', async () => {
    const name = freshName('tail')
    await worker(
      'run',
      '-d',
      '--name',
      name,
      'busybox',
      'sh',
      '-c',
      'echo one; echo two; sleep 2.2; echo three',
    )
    await worker('wait', name)
    expect(await worker('logs', '--tail', '2', name)).toMatchObject({ stdout: 'two\nthree\n' })
    const stamped = await worker('logs', '--timestamps', name)
    const [first = '', , third = ''] = stamped.stdout.split('\n').map((line) => line.split(' ')[0])
    expect(Date.parse(third) - Date.parse(first)).toBeGreaterThan(2_000)
    expect(await worker('logs', '--since', third, name)).toMatchObject({ stdout: 'three\n' })
    expect(await worker('logs', '--until', first, name)).toMatchObject({ stdout: 'one\n' })
    expect(await worker('logs', '--since', '1h', name)).toMatchObject({ stdout: 'one\ntwo\nthree\n' })
    await worker('rm', name)
  })

  test('logs keep the two outputs apart', async () => {
    const name = freshName('apart')
    await worker('run', '-d', '--name', name, 'busybox', 'sh', '-c', 'echo out; echo err >&2')
    await worker('wait', name)
    expect(await worker('logs', name)).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' })
    await worker('rm', name)
  })

  test('attach joins a running container, and ends with its exit code', async () => {
    const name = freshName('attach')
    await worker(
      'run',
      '-d',
      '-i',
      '--name',
      name,
      'busybox',
      'sh',
      '-c',
      'read line; echo got $line; exit 5',
    )
    await using attached = startDocker(shared.gate, ['attach', name])
    // Its input stays open: an engine takes the end of the input for the end of the attachment.
    attached.child.stdin.write('typed\n')
    expect(await attached.ended).toEqual({ code: 5, stdout: 'got typed\n', stderr: '' })
    await worker('rm', name)
  })

  test('two clients attached to one container see the same', async () => {
    const name = freshName('two')
    await worker('run', '-d', '-i', '--name', name, 'busybox', 'sh', '-c', 'read line; echo got $line')
    await using one = startDocker(shared.gate, ['attach', '--no-stdin', name])
    await using other = startDocker(shared.gate, ['attach', '--no-stdin', name])
    await sleep(500)
    await docker(shared.gate, ['attach', name], { input: 'x\n' })
    expect([(await one.ended).stdout, (await other.ended).stdout]).toEqual(['got x\n', 'got x\n'])
    await worker('rm', name)
  })
})
