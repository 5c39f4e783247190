/** MCP over SSH: the official client, the real ssh client, Debian's sshd, the forced command. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordOf } from '../support/audit.ts'
import type { Gate } from '../support/gate.ts'
import { call, overStdio } from '../support/mcp.ts'
import { ACCOUNT, startHost, startSshGate, type Host } from '../support/ssh.ts'

let gate: Gate
let host: Host
beforeAll(async () => {
  gate = await startSshGate(
    {},
    { allow: ['echo <text>'], parameters: { text: '[a-z]+' }, programs: { echo: '/bin/echo' } },
  )
  host = await startHost(gate.socket)
})
afterAll(async () => {
  await host[Symbol.asyncDispose]()
  await gate[Symbol.asyncDispose]()
})

describe.each(['legacy', 'modern'] as const)('MCP over SSH, by a %s client', (era) => {
  test('does what it does here, and has the key in the record', async () => {
    const command = ['/usr/bin/ssh', '-T', ...host.options, `${ACCOUNT}@127.0.0.1`, 'mcp']
    await using session = await overStdio(gate, era, command)
    const { tools } = await session.client.listTools()
    expect(tools.map(({ name }) => name)).toContain('host_read')
    expect(
      await call(session, 'docker_write', { arguments: ['run', '--rm', 'busybox', 'echo', 'hello'] }),
    ).toMatchObject({
      exit: 0,
      output: 'hello\n',
    })
    expect(await call(session, 'host_read', { line: 'sudo echo hello' })).toMatchObject({
      exit: 0,
      output: 'hello\n',
    })
    expect(await call(session, 'host_read', { line: 'docker ps' })).toMatchObject({
      isError: true,
      text: expect.stringContaining('docker_read'),
    })
    expect(await call(session, 'host_run', { line: 'echo Hello' })).toMatchObject({
      isError: true,
      rule: 'host.parameters',
    })
    expect(
      await call(session, 'docker_write', { arguments: ['run', '-v', '/etc:/e', 'busybox'] }),
    ).toMatchObject({
      rule: 'run.binds',
    })
    expect(await recordOf(gate)).toContainEqual(
      expect.objectContaining({
        door: 'mcp',
        operation: 'container.create',
        key: expect.stringMatching(/^ssh-ed25519 SHA256:/),
      }),
    )
  })
})
