/** What somebody with the worker's key can try by way of the docker CLI and of copying: all of it comes to nothing. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAttacker, type Attacker } from '../support/attacker.ts'
import type { Gate } from '../support/gate.ts'
import { start, until, type Ended } from '../support/process.ts'
import { ACCOUNT, type Host } from '../support/ssh.ts'

let gate: Gate
let host: Host
let secret: string
let out: string
let shared: readonly string[]
let attacker: Attacker

beforeAll(async () => {
  attacker = await startAttacker()
  ;({ gate, host, secret, out, shared } = attacker)
})
afterAll(() => attacker[Symbol.asyncDispose]())

describe('files of the host are not to be had', () => {
  const client = async (program: string, args: readonly string[]): Promise<Ended> => {
    const running = start(program, args, { PATH: '/usr/bin:/bin', HOME: host.directory })
    running.child.stdin.end('ls /\n')
    return running.ended
  }
  const options = (): readonly string[] => [
    '-F',
    'none',
    '-i',
    join(host.directory, 'key'),
    '-P',
    String(host.port),
    '-o',
    'BatchMode=yes',
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
  ]

  test('by sftp', async () => {
    const { code, stdout } = await client('/usr/bin/sftp', [...options(), '-b', '-', `${ACCOUNT}@127.0.0.1`])
    expect(code).not.toBe(0)
    expect(stdout).not.toContain('etc')
  })

  test.each([[[]], [['-O']]])('by scp %j, either way', async (more) => {
    const place = `${ACCOUNT}@127.0.0.1:`
    expect(
      (
        await client('/usr/bin/scp', [
          ...options(),
          ...more,
          `${place}/etc/passwd`,
          `${host.directory}/copied`,
        ])
      ).code,
    ).not.toBe(0)
    expect(
      (await client('/usr/bin/scp', [...options(), ...more, '/etc/hostname', `${place}${out}/x`])).code,
    ).not.toBe(0)
    expect(existsSync(join(host.directory, 'copied')) || existsSync(join(out, 'x'))).toBe(false)
  })

  test.each([
    'docker run --rm --env-file SECRET busybox env',
    'docker run --rm --label-file SECRET busybox true',
    'docker run --rm --security-opt seccomp=SECRET busybox true',
    'docker build -f SECRET OUT',
    'docker build SECRET',
    'docker build /root',
    'docker compose -f SECRET config',
    'docker compose --env-file SECRET -f - config',
    'docker compose --project-directory /root up',
    'docker run --rm -v SECRET:/s busybox cat /s',
    'docker run --rm --mount type=bind,src=SECRET,dst=/s busybox cat /s',
  ])('as root, by %j', async (line) => {
    const ended = await host.ssh(line.replaceAll('SECRET', secret).replaceAll('OUT', out), {
      input: 'services: {}\n',
    })
    expect(ended.code).not.toBe(0)
    expect(ended.stdout + ended.stderr).not.toContain('canary-of-root')
  })

  test.each(['docker run -d --cidfile FILE busybox true', 'docker build --iidfile FILE -'])(
    'as root, to write in, by %j',
    async (line) => {
      const file = join(host.directory, 'written-by-root')
      const ended = await host.ssh(line.replace('FILE', file), { input: 'FROM busybox\n' })
      expect(ended.code).not.toBe(0)
      expect(existsSync(file)).toBe(false)
    },
  )
})

describe('the docker CLI', () => {
  test('takes no variable of the client, though sshd would accept all', async () => {
    const env = {
      DOCKER_HOST: 'unix:///var/run/docker.sock',
      DOCKER_CONTEXT: 'other',
      DOCKER_CONFIG: out,
      DOCKER_BUILDKIT: '1',
      DOCKER_CLI_PLUGIN_EXTRA_DIRS: out,
      HOME: out,
      PATH: out,
      NODE_OPTIONS: `--require ${out}/evil.js`,
      NODE_EXTRA_CA_CERTS: `${out}/evil.pem`,
      LD_PRELOAD: `${out}/evil.so`,
      BASH_ENV: `${out}/evil.sh`,
      ENV: `${out}/evil.sh`,
    }
    writeFileSync(join(out, 'evil.js'), `require('fs').writeFileSync('${out}/x', '')`)
    writeFileSync(join(out, 'evil.sh'), `touch ${out}/x\n`)
    const options = Object.entries(env).flatMap(([name, value]) => ['-o', `SetEnv="${name}=${value}"`])
    // OpenSSH takes the first SetEnv only, so each goes alone.
    for (let at = 0; at < options.length; at += 2) {
      const { code, stdout } = await host.ssh('docker version --format {{.Server.Platform.Name}}x', {
        options: options.slice(at, at + 2),
      })
      expect({ code, stdout: stdout.trimEnd().at(-1) }).toEqual({ code: 0, stdout: 'x' })
    }
    expect(existsSync(join(out, 'x'))).toBe(false)
  })

  test('runs no plugin and reads no settings of the account', async () => {
    const home = '/var/lib/dockgate-test/home'
    try {
      mkdirSync(join(home, '.docker', 'cli-plugins'), { recursive: true })
      const plugin = `#!/bin/sh\ntouch ${out}/x\n`
      for (const name of ['docker-compose', 'docker-evil', 'docker-buildx']) {
        writeFileSync(join(home, '.docker', 'cli-plugins', name), plugin, { mode: 0o755 })
      }
      writeFileSync(
        join(home, '.docker', 'config.json'),
        '{"aliases":{"builder":"evil"},"credsStore":"evil"}',
      )
      await host.ssh('docker evil')
      await host.ssh('docker compose version')
      await host.ssh('docker --help')
      expect(existsSync(join(out, 'x'))).toBe(false)
    } finally {
      rmSync(join(home, '.docker'), { recursive: true, force: true })
    }
  })

  test.each([
    'docker --config OUT ps',
    'docker --config=OUT ps',
    'docker --context other ps',
    'docker -c other ps',
    'docker -H unix:///var/run/docker.sock ps',
    'docker -Hunix:///var/run/docker.sock ps',
    'docker --host=tcp://127.0.0.1:1 ps',
    'docker --tls ps',
    'docker --tlscacert OUT ps',
    'docker -D --host tcp://127.0.0.1:1 ps',
    'docker --host unix:///var/run/docker.sock system dial-stdio',
    'docker system dial-stdio --help',
    'docker context create x --docker host=unix:///var/run/docker.sock',
    'docker plugin install x',
    'docker buildx build OUT',
    'docker buildx create --driver-opt x',
    'docker login -u a -p b 127.0.0.1:1',
    'docker manifest inspect --insecure 127.0.0.1:1/x',
    'docker trust inspect x',
    'docker scan x',
    'docker swarm init',
    'docker __complete ps',
    'docker build https://127.0.0.1:1/x.git',
    'docker build git@127.0.0.1:x.git',
    'docker image build git://127.0.0.1:1/x',
    'docker "compose up"',
    'docker cp x:/etc/passwd -',
    'docker push x',
  ])('is not run for %j', async (line) => {
    const { code, stdout, stderr } = await host.ssh(line.replaceAll('OUT', out), { options: shared })
    expect(code).toBe(77)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^refused by policy: /)
  })

  test('finds no program to run for its caller: no git, no provider', async () => {
    const provider = 'services:\n  x:\n    provider: { type: touch, options: { a: b } }\n'
    await host.ssh('docker compose -f - up', { input: provider })
    const remote = await host.ssh('docker compose -f https://127.0.0.1:1/x.git config')
    expect(remote.code).not.toBe(0)
    const context = 'services:\n  x:\n    build: https://127.0.0.1:1/x.git\n'
    expect((await host.ssh('docker compose -f - build', { input: context })).code).not.toBe(0)
  })

  test('reaches no address for its caller, the loopback of the host neither', async () => {
    let asked = 0
    const server = createServer((connection) => {
      asked += 1
      connection.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const at = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const file = join(out, 'context.yaml')
    writeFileSync(file, `services: { x: { build: "http://${at}/context" } }\n`)
    expect((await host.ssh(`docker compose -p x -f ${file} build`)).stderr).toContain(
      'network is unreachable',
    )
    await host.ssh(`docker pull --disable-content-trust=false ${at}/x`)
    server.close()
    expect(asked).toBe(0)
  })

  test('writes no file for a command that is only tried', async () => {
    const [written, input] = [join(out, 'written'), 'services: { x: { image: busybox } }']
    const tried = await host.ssh(`can docker compose -p x -f - config -o ${written}`, { input })
    expect(tried).toMatchObject({ code: 0, stdout: expect.stringContaining('was not run') })
    expect(await host.ssh(`can docker build --iidfile ${written} .`)).toMatchObject({ code: 64 })
    expect(existsSync(written)).toBe(false)
  })

  test('leaves the session socket to the worker alone, and for as long as it runs', async () => {
    const list = `stat -c '%U %a' ${join(gate.directory, 'ai-worker')}/s-*.sock`
    const running = host.startSsh(['docker run --rm -i busybox cat'])
    await until(() => execQuietly(list) !== '', 'a session')
    const seen = execQuietly(list)
    expect(seen.trim().split('\n')).toEqual([`${ACCOUNT} 660`])
    running.child.stdin.end()
    await running.ended
    await until(() => execQuietly(list) === '', 'the session to end')
  })
})

function execQuietly(line: string): string {
  try {
    return execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (cause) {
    if (cause instanceof Error) return ''
    throw cause
  }
}

test("root's file is what it was", () => {
  expect(readFileSync(secret, 'utf8')).toBe('ROOTONLY=canary-of-root\n')
})
