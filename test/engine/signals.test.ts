import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { request } from '../support/http.ts'
import { startDocker, startDockerOnTerminal } from '../support/process.ts'

describe.each(onEngines('new', 'old'))('signals of a docker run on the %s engine', (engine) => {
  const shared = gateForAll(engine)

  test.each([
    ['SIGINT', 'INT'],
    ['SIGTERM', 'TERM'],
    ['SIGUSR1', 'USR1'],
  ] as const)('%s reaches the container’s own process', async (signal, name) => {
    const says = `trap 'echo got ${name}; exit 7' ${name}; echo ready; while true; do sleep 0.1; done`
    await using running = startDocker(shared.gate, ['run', '--rm', 'busybox', 'sh', '-c', says])
    await running.printed('ready')
    running.child.kill(signal)
    expect(await running.ended).toEqual({ code: 7, stdout: `ready\ngot ${name}\n`, stderr: '' })
  })

  test('Ctrl-C typed on a terminal ends the container', async () => {
    const name = freshName('typed')
    const says = 'trap "exit 9" INT; echo ready; while true; do sleep 0.1; done'
    const args = ['run', '--rm', '-it', '--name', name, 'busybox', 'sh', '-c', says]
    await using running = startDockerOnTerminal(shared.gate, args)
    await running.printed('ready')
    running.child.stdin.write('\x03')
    expect(await running.ended).toMatchObject({ code: 9 })
    expect(await engineDocker(engine, ['inspect', name])).toMatchObject({ code: 1 })
  })

  test('a terminal’s size is passed on', async () => {
    const name = freshName('size')
    const args = ['run', '--rm', '-it', '--name', name, 'busybox', 'sh']
    await using running = startDockerOnTerminal(shared.gate, args)
    await running.printed(/[$#] /)
    // Nothing in the container sets its size: only this call can.
    const path = `/v1.41/containers/${name}/resize?h=33&w=77`
    expect(await request(shared.gate.socket, { method: 'POST', path })).toMatchObject({ status: 200 })
    running.child.stdin.write('stty size; exit\n')
    expect(await running.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('33 77') })
  })

  test('kill ends it with the signal that is named', async () => {
    const name = freshName('kill')
    await docker(shared.gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])
    expect(await docker(shared.gate, ['kill', '--signal', 'KILL', name])).toMatchObject({ code: 0 })
    expect(await docker(shared.gate, ['wait', name])).toMatchObject({ stdout: '137\n' })
    await docker(shared.gate, ['rm', name])
  })

  test('a CLI that is killed leaves the container running', async () => {
    const name = freshName('left')
    const running = startDocker(shared.gate, [
      'run',
      '--name',
      name,
      'busybox',
      'sh',
      '-c',
      'echo ready; sleep 1000',
    ])
    await running.printed('ready')
    await running[Symbol.asyncDispose]()
    expect(await docker(shared.gate, ['ps', '--format', '{{.Names}}'])).toMatchObject({
      stdout: expect.stringContaining(name),
    })
    expect(await docker(shared.gate, ['rm', '-f', name])).toMatchObject({ code: 0 })
  })
})
