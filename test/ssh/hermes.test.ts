/** An agent that is used to a list of sudo rules: its lines as it types them, over a real sshd, under the policy of the guide. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { engineDocker } from '../support/engine.ts'
import { freshName } from '../support/everything.ts'
import type { Gate } from '../support/gate.ts'
import { call, overStdio } from '../support/mcp.ts'
import { setting } from '../support/settings.ts'
import { ACCOUNT, startHost, startSshGate, type Host } from '../support/ssh.ts'

/** A page of the guides. */
function guide(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../docs/guides/${name}.md`, import.meta.url)), 'utf8')
}

/** The policy of the guide, for a container of the operator's that is there. */
function policyOfGuide(ollama: string): { readonly docker: Record<string, unknown>; readonly host: object } {
  const text =
    guide('coming-from-a-sudo-whitelist').split('## The whole policy\n\n')[1]?.split('\n\n')[0] ?? ''
  const worker = z.looseObject({ docker: z.record(z.string(), z.unknown()), host: z.looseObject({}) })
  const { workers } = z
    .object({ workers: z.object({ 'ai-worker': worker }) })
    .parse(parse(text.replace('reach: { ollama:', `reach: { ${ollama}:`).replaceAll(/^ {4}/gm, '')))
  return workers['ai-worker']
}

const ollama = freshName('ollama')
let gate: Gate
let host: Host
beforeAll(async () => {
  await engineDocker('new', [
    'run',
    '-d',
    '--name',
    ollama,
    'busybox',
    'sh',
    '-c',
    'echo serving; exec sleep 600',
  ])
  const { docker, host: diagnostics } = policyOfGuide(ollama)
  // The folder of the guide is not on every machine.
  const { run: _, ...part } = docker
  gate = await startSshGate(part, diagnostics)
  host = await startHost(gate.socket)
})
afterAll(async () => {
  await host[Symbol.asyncDispose]()
  await gate[Symbol.asyncDispose]()
  await engineDocker('new', ['rm', '-f', ollama])
})

describe('what the list of sudo rules gave', () => {
  const name = freshName('hermes')
  test.each([
    'sudo docker ps',
    'sudo /run/current-system/sw/bin/docker ps -a',
    `sudo docker inspect ${ollama}`,
    `sudo docker logs --tail 100 ${ollama}`,
    `sudo docker stats --no-stream ${ollama}`,
    'sudo docker images',
    'sudo docker info',
    'sudo docker version',
    `sudo docker pull ${setting('REGISTRY')}/team/tool:1`,
    `sudo docker run -d --name ${name} busybox sleep 60`,
    `sudo docker stop -t 0 ${name}`,
    `sudo docker start ${name}`,
    `sudo docker restart -t 0 ${name}`,
    `sudo docker restart -t 0 ${ollama}`,
    `sudo docker rm -f ${name}`,
    'sudo docker compose version',
    'sudo docker system df',
    'sudo docker network ls',
    'sudo docker volume ls',
    'sudo sshd -T',
    'sudo ss -tlnp',
    'sudo iptables -S',
    'sudo /run/current-system/sw/bin/iptables -L -n -v',
  ])('is still done as it is typed: %s', async (line) => {
    expect(await host.ssh(line)).toMatchObject({ code: 0 })
  })

  test.each([
    'sudo journalctl -t kernel -n 100',
    'sudo journalctl -u firewall -n 50',
    'sudo fail2ban-client status',
  ])('is passed on, whatever this host has of it: %s', async (line) => {
    const { code, stderr } = await host.ssh(line)
    expect([64, 77]).not.toContain(code)
    expect(stderr).not.toContain('refused')
  })
})

describe('what it kept out', () => {
  test.each([
    `sudo docker exec ${ollama} ollama list`,
    `sudo docker exec --privileged ${ollama} rocm-smi --showmeminfo vram`,
    `sudo docker cp ${ollama}:/etc/passwd -`,
    `sudo docker commit ${ollama} mine`,
    `sudo docker export ${ollama}`,
    'sudo docker save busybox',
    'sudo docker push busybox',
    'sudo docker tag busybox mine',
    'sudo docker create busybox',
    'sudo docker network create mine',
    'sudo docker volume rm mine',
  ])('is refused as policy: %s', async (line) => {
    expect(await host.ssh(line)).toMatchObject({
      code: 77,
      stderr: expect.stringMatching(/^refused by policy: docker\./),
    })
  })

  test('is told where to go instead: the HTTP API of the service', async () => {
    expect((await host.ssh(`sudo docker exec ${ollama} ollama list`)).stderr).toContain(
      'instead: curl http://ollama:11434/api/tags',
    )
  })

  test.each([
    'docker run -v /:/host busybox cat /host/etc/shadow',
    'docker run --privileged busybox true',
    'docker run --pid host busybox true',
  ])('and what it let through by mistake: sudo %s', async (line) => {
    expect(await host.ssh(`sudo ${line}`)).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('refused by policy: run.'),
    })
  })
})

test.each(['echo $HOME', 'mkdir -p ~/.hermes/skills', 'tar xf - -C /', "bash -c 'docker ps'"])(
  'its ssh backend learns what to set instead: %s',
  async (line) => {
    expect(await host.ssh(line)).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/^refused: the line can not be read\n/),
    })
  },
)

test('its MCP server is started by the line of the guide', async () => {
  const text = /mcp_servers:\n(?: {6}.*\n)+/.exec(guide('hermes'))?.[0] ?? ''
  const { mcp_servers: servers } = z
    .object({
      mcp_servers: z.object({
        dockgate: z.looseObject({ command: z.literal('ssh'), args: z.array(z.string()) }),
      }),
    })
    .parse(parse(text.replaceAll(/^ {4}/gm, '')))
  const args = servers.dockgate.args
    .map((word) => word.replace('/opt/data/.ssh/ai-worker', `${host.directory}/key`))
    .map((word) => word.replace('ai-worker@host.docker.internal', `${ACCOUNT}@127.0.0.1`))
  const known = `${host.directory}/known_hosts`
  execFileSync('sh', ['-c', `echo "[127.0.0.1]:${host.port} $(cat ${host.directory}/host.pub)" > ${known}`])
  // The machine of the test has its own port, and its own file of host keys.
  const here = ['-F', 'none', '-p', String(host.port), '-o', `UserKnownHostsFile=${known}`]
  await using session = await overStdio(gate, 'legacy', ['/usr/bin/ssh', ...here, ...args])
  expect(await call(session, 'docker_read', { arguments: ['ps'] })).toMatchObject({
    exit: 0,
    output: expect.stringContaining(ollama),
  })
  expect(await call(session, 'host_read', { line: 'sudo iptables -S' })).toMatchObject({ exit: 0 })
})
