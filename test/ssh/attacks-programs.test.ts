/** What somebody with the worker's key can try to have a program of its own run on the host by the docker CLI: none is. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { everything, freshName } from '../support/everything.ts'
import type { Gate } from '../support/gate.ts'
import { workDirectory } from '../support/policy.ts'
import type { Ended } from '../support/process.ts'
import { setting } from '../support/settings.ts'
import { ACCOUNT, startHost, startSshGate, type Host, type SshOptions } from '../support/ssh.ts'

describe.each([
  { version: '26, compose 2.26', cli: 'DOCKER' },
  { version: '28, compose 2.40', cli: 'DOCKER_28' },
] as const)('docker $version', ({ cli }) => {
  let gate: Gate
  let host: Host
  let work: string
  let canary: string
  let script: string
  beforeAll(async () => {
    gate = await startSshGate({ allow: [...everything, 'build', 'compose', 'cp', 'exec'] })
    host = await startHost(gate.socket, undefined, { docker: setting(cli) })
    work = workDirectory(gate.directory)
    // The account writes here, in the sandbox too: a program that ran there would show.
    chmodSync(work, 0o1777)
    canary = join(work, 'canary')
    script = join(work, 'program')
    await runs(
      `docker run --rm -v ${work}:/w busybox sh -c "printf '#!/bin/sh\\n: >${canary}\\n' >/w/program; chmod 755 /w/program"`,
    )
  })
  afterAll(async () => {
    await host[Symbol.asyncDispose]()
    await gate[Symbol.asyncDispose]()
  })
  afterEach(() => {
    if (existsSync(canary)) throw new Error("a program of the worker's ran")
  })

  const ssh = (line: string, more: SshOptions = {}): Promise<Ended> => host.ssh(line, more)
  async function runs(line: string, input = ''): Promise<Ended> {
    const ended = await ssh(line, { input })
    if (ended.code !== 0) throw new Error(`${line}: ${ended.stderr}`)
    return ended
  }
  const provider = (type: string): string =>
    `services: { x: { provider: { type: "${type}", options: { a: b } } }, y: { image: busybox, command: "true" } }\n`

  test('runs no provider by its path, brought by a bind, and none where it is only tried', async () => {
    for (const line of ['docker compose -p p -f - up -d', 'can docker compose -p p -f - up -d'])
      await ssh(line, { input: provider(script) })
    await ssh('docker compose -p p -f - down', { input: provider(script) })
  })

  test('runs no provider that was copied out of a container', async () => {
    const name = freshName('carrier')
    await runs(`docker run --name ${name} -v ${work}:/w busybox cp /w/program /program`)
    await runs(`docker cp ${name}:/program ${work}/copied`)
    expect(existsSync(join(work, 'copied'))).toBe(true)
    for (const place of ['/tmp', '/dev/shm', '/var/tmp', '/run'])
      await ssh(`docker cp ${name}:/program ${place}/${name}`)
    await runs(`docker rm ${name}`)
    for (const place of [`${work}/copied`, `/tmp/${name}`, `/dev/shm/${name}`]) {
      await ssh('docker compose -p p -f - up -d', { input: provider(place) })
      expect(existsSync(place)).toBe(place === `${work}/copied`)
    }
  })

  test('runs no interpreter of the host on a file of the worker, nor anything else that is installed', async () => {
    writeFileSync(join(work, 'compose'), `: >${canary}\n`)
    writeFileSync(join(work, 'compose.yaml'), provider('/bin/sh'))
    for (const type of ['/bin/sh', '/usr/bin/python3', '/usr/bin/env', `${work}/../work/program`]) {
      writeFileSync(join(work, 'compose.yaml'), provider(type))
      await ssh(`docker compose -p p --project-directory ${work} -f ${work}/compose.yaml up -d`)
    }
    rmSync(join(work, 'compose'))
  })

  test('runs no helper for credentials, no plugin and no hook, wherever they are named', async () => {
    const settings = join(work, '.docker')
    mkdirSync(join(settings, 'cli-plugins'), { recursive: true })
    for (const name of ['docker-compose', 'docker-buildx', 'docker-evil', 'docker-credential-evil']) {
      const file = join(settings, 'cli-plugins', name)
      writeFileSync(file, `#!/bin/sh\n: >${canary}\n`, { mode: 0o755 })
      execFileSync('chown', [ACCOUNT, file])
    }
    const named = {
      credsStore: 'evil',
      credHelpers: { [setting('REGISTRY')]: '../program' },
      cliPluginsExtraDirs: [join(settings, 'cli-plugins')],
      plugins: { evil: { hooks: 'ps,images' } },
      features: { hooks: 'true' },
    }
    writeFileSync(join(settings, 'config.json'), JSON.stringify(named))
    const environment = `DOCKER_CONFIG=${settings}\nPATH=${settings}/cli-plugins\nCOMPOSE_BAKE=true\nDOCKER_BUILDKIT=1\nSSH_AUTH_SOCK=${work}/x\n`
    writeFileSync(join(work, '.env'), environment)
    const service = `services: { x: { image: "${setting('REGISTRY')}/team/tool:1", build: ${work} } }\n`
    writeFileSync(join(work, 'Dockerfile'), 'FROM busybox\n')
    for (const line of ['pull', 'build', 'push', 'config'])
      await ssh(`docker compose -p p --project-directory ${work} --env-file ${work}/.env -f - ${line}`, {
        input: service,
      })
    // Even where the operator's own configuration names what the account may write.
    await using other = await startHost(gate.socket, undefined, { docker: setting(cli) })
    writeFileSync(join(other.directory, 'config', 'config.json'), JSON.stringify(named))
    for (const line of ['docker ps', 'docker images', 'docker info', 'docker pull x', 'docker --help'])
      await other.ssh(line)
    expect((await other.ssh('docker compose version')).stderr).toContain('does not belong to root alone')
    rmSync(join(work, '.env'))
  })

  test('runs neither ssh nor git, and asks no address', async () => {
    let asked = 0
    const server = createServer((connection) => {
      asked += 1
      connection.end()
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const address = server.address()
    const at = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    for (const context of [
      `ssh://git@${at}/x.git`,
      `git@${at}:x.git`,
      `git://${at}/x`,
      `http://${at}/x.git`,
      `http://${at}/x.tar`,
    ]) {
      const input = `services: { x: { build: "${context}" } }\n`
      expect((await ssh('docker compose -p p -f - build', { input })).code).not.toBe(0)
    }
    for (const line of [
      `docker -H ssh://${ACCOUNT}@${at} ps`,
      `docker --context ssh ps`,
      `docker compose -p p -f http://${at}/x.git config`,
      `docker compose -p p -f oci://${at}/x config`,
    ])
      expect((await ssh(line)).code).not.toBe(0)
    server.close()
    expect(asked).toBe(0)
  })

  test('gives a build no secret and no agent, and bakes nothing', async () => {
    const input = 'FROM busybox\nRUN --mount=type=secret,id=a cat /run/secrets/a\n'
    for (const option of ['--secret id=a,src=/etc/hostname', '--ssh default', `--ssh default=${work}/x`])
      expect((await ssh(`docker build ${option} -`, { input })).code).not.toBe(0)
    expect((await ssh('docker buildx bake -f -', { input: 'target "x" {}\n' })).code).toBe(77)
    expect((await ssh('docker buildx build .')).code).toBe(77)
  })

  test('does with files what compose does: includes, extends, variables, a build, and hooks in the container', async () => {
    const name = freshName('whole')
    writeFileSync(join(work, 'base.yaml'), 'services: { base: { image: busybox } }\n')
    writeFileSync(join(work, 'more.yaml'), 'services: { more: { image: busybox, command: "true" } }\n')
    writeFileSync(join(work, 'vars.env'), 'GREETING=hello\n')
    mkdirSync(join(work, 'context'), { recursive: true })
    writeFileSync(join(work, 'context', 'Dockerfile'), 'FROM busybox\nRUN echo built >/built\n')
    writeFileSync(
      join(work, 'whole.yaml'),
      `include: [ more.yaml ]
services:
  main:
    extends: { file: base.yaml, service: base }
    env_file: vars.env
    command: sh -c 'echo $$GREETING; sleep 60'
    post_start: [ { command: "touch /started" } ]
    develop: { watch: [ { action: sync, path: context, target: /w } ] }
  built: { build: context, command: cat /built }
`,
    )
    const compose = `docker compose -p ${name} -f ${work}/whole.yaml`
    await runs(`${compose} up -d`)
    expect((await runs(`${compose} logs main`)).stdout).toContain('hello')
    expect((await runs(`${compose} logs built`)).stdout).toContain('built')
    expect((await runs(`${compose} config`)).stdout).toContain('GREETING: hello')
    await runs(`${compose} down -t 0 --rmi local`)
    expect(
      (await ssh(`docker compose -f ${work}/whole.yaml --env-file /root/.profile config`)).code,
    ).not.toBe(0)
  })

  test('is called as ever: by its name, with its own help and its own errors', async () => {
    const help = await runs('docker compose --help')
    expect(help.stdout + help.stderr).toContain('Usage:  docker compose [OPTIONS] COMMAND')
    expect((await ssh('docker compose nonsense')).stderr).toMatch(
      /unknown docker command: "compose nonsense"/,
    )
    expect((await runs('docker -D compose version --short')).stdout).toMatch(/^2\./)
    expect((await runs('docker help compose')).stdout).toContain('docker compose')
    const info = await runs('docker info')
    expect(info.stdout + info.stderr).not.toMatch(/not valid|Invalid Plugins|operation not permitted/)
    expect((await runs('docker --help')).stdout).not.toContain('Invalid')
  })
})
