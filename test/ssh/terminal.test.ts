/** A terminal over SSH, where the operator's sshd gives one: the CLI in its sandbox has it as its streams alone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { everything, freshName } from '../support/everything.ts'
import type { Gate } from '../support/gate.ts'
import { start, type Running } from '../support/process.ts'
import { setting } from '../support/settings.ts'
import { ACCOUNT, startHost, startSshGate, type Host } from '../support/ssh.ts'

let gate: Gate
beforeAll(async () => {
  gate = await startSshGate({ allow: [...everything, 'exec', 'compose', 'attach'], exec: { own: '*' } })
})
afterAll(() => gate[Symbol.asyncDispose]())

describe.each(['DOCKER', 'DOCKER_28'] as const)('on a terminal, by the CLI %s,', (cli) => {
  let host: Host
  beforeAll(async () => {
    host = await startHost(gate.socket, undefined, { docker: setting(cli), terminal: true })
  })
  afterAll(() => host[Symbol.asyncDispose]())

  /** The ssh client on a terminal of 111 columns, which passes on what is written to it; after `resized` seconds it has 122. */
  function onTerminal(line: string, resized = 0): Running {
    const words = ['/usr/bin/ssh', '-tt', ...host.options, `${ACCOUNT}@127.0.0.1`, line]
    const command = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
    const resize = resized === 0 ? '' : `(sleep ${resized}; stty rows 44 cols 122 </dev/tty) & `
    const script = `stty rows 33 cols 111; ${resize}exec ${command}`
    const env = { PATH: '/usr/bin:/bin', TERM: 'xterm', SHELL: '/bin/sh', HOME: host.directory }
    return start('/usr/bin/script', ['-qec', script, '/dev/null'], env)
  }

  test('a container has what is typed, and its exit code is the command’s', async () => {
    await using running = onTerminal(
      "docker run --rm -it busybox sh -c 'echo ready; read -r x; echo got $x; exit 7'",
    )
    await running.printed('ready')
    running.child.stdin.write('typed\r')
    await running.printed('got typed')
    expect(await running.ended).toMatchObject({ code: 7 })
  })

  test('a container has its size, also when that changes', async () => {
    const script = 'while :; do stty size; sleep 0.2; done'
    await using running = onTerminal(`docker run --rm -it busybox sh -c '${script}'`, 3)
    await running.printed('33 111')
    await running.printed('44 122')
    running.child.stdin.write('\u0003')
    expect(await running.ended).toMatchObject({ code: 130 })
  })

  test('Ctrl-C goes to the CLI, which passes it on or ends by it', async () => {
    const script = 'trap "echo heard; exit 9" INT; echo ready; while :; do sleep 0.1; done'
    await using attached = onTerminal(`docker run --rm busybox sh -c '${script}'`)
    await attached.printed('ready')
    attached.child.stdin.write('\u0003')
    await attached.printed('heard')
    await attached.ended

    const name = freshName('terminal')
    await host.ssh(`docker run -d --name ${name} busybox sh -c 'echo begun; sleep 60'`)
    await using following = onTerminal(`docker logs -f ${name}`)
    await following.printed('begun')
    following.child.stdin.write('\u0003')
    await following.ended
    await host.ssh(`docker rm -f ${name}`)
  })
})
