import { describe, expect, test } from 'vitest'
import { docker, newestDocker, oldDocker } from '../support/docker.ts'
import {
  engineDocker,
  engineRequest,
  engineSocket,
  kindOf,
  VERSIONS,
  onEngines,
  type EngineName,
} from '../support/engine.ts'
import { raw } from '../support/http.ts'
import { setting } from '../support/settings.ts'

const APIS: Readonly<Record<EngineName, string>> = {
  ...{ new: '1.51', old: '1.41', '28': '1.51' },
  ...{ '26': '1.45', restart: '1.45' },
  ...{ podman: '1.44', 'podman-old': '1.41', 'podman-rootless': '1.44' },
}

test.each(['podman', 'podman-old', 'podman-rootless'] as const)(
  'the engine %s is the version that the tests are about',
  async (engine) => {
    const { body } = await engineRequest(engine, { path: '/version' })
    const Version = expect.stringMatching(new RegExp(`^${VERSIONS[engine].replace('.', '\\.')}`))
    expect(JSON.parse(body)).toMatchObject({ Version, ApiVersion: APIS[engine] })
  },
)

describe.each(onEngines('new', 'old', '28', '26'))('the %s engine', (engine) => {
  test('is the version that the tests are about', async () => {
    const answer = await engineRequest(engine, { path: '/version' })
    expect(JSON.parse(answer.body)).toMatchObject({
      Version: expect.stringContaining(VERSIONS[kindOf(engine)]),
      ApiVersion: APIS[kindOf(engine)],
    })
  })

  test('runs a container with limits', async () => {
    const limits = ['--memory', '64m', '--cpus', '0.5', '--pids-limit', '50', '--init']
    const result = await engineDocker(engine, ['run', '--rm', ...limits, 'busybox', 'echo', 'hi'])
    expect(result).toEqual({ code: 0, stdout: 'hi\n', stderr: '' })
  })

  test('runs a container for the newest command line', async () => {
    const result = await newestDocker(engineSocket(engine), ['run', '--rm', 'busybox', 'echo', 'hi'])
    expect(result).toEqual({ code: 0, stdout: 'hi\n', stderr: '' })
  })

  test('runs a container for the old command line', async () => {
    const result = await oldDocker(engineSocket(engine), ['run', '--rm', '-i', 'busybox', 'cat'], {
      input: 'piped',
    })
    expect(result).toEqual({ code: 0, stdout: 'piped', stderr: '' })
  })

  test('pulls from the registry', async () => {
    const result = await engineDocker(engine, ['pull', `${setting('REGISTRY')}/team/tool:1`])
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('Digest: sha256:') })
  })
})

test('a published port of a container answers on the host', async () => {
  const serve = 'mkdir /w; echo served > /w/index.html; exec httpd -f -p 80 -h /w'
  const publish = ['--publish', '127.0.0.1:21999:80', '--name', 'engine-port']
  const started = await engineDocker('new', ['run', '--detach', ...publish, 'busybox', 'sh', '-c', serve])
  expect(started).toMatchObject({ code: 0, stderr: '' })
  await expect.poll(async () => (await fetch('http://127.0.0.1:21999/')).text()).toBe('served\n')
  expect(await engineDocker('new', ['rm', '--force', 'engine-port'])).toMatchObject({ code: 0 })
})

test('compose brings up services that reach each other', async () => {
  const services = `
services:
  web:
    image: busybox
    init: true
    command: sh -c "mkdir /w; echo from-web > /w/index.html; exec httpd -f -p 80 -h /w"
    healthcheck: { test: [CMD, wget, -qO-, "http://127.0.0.1/"], interval: 1s }
  client:
    image: busybox
    depends_on: { web: { condition: service_healthy } }
    command: wget -qO- http://web/`
  const compose = ['compose', '--project-name', 'engine-compose', '--file', '-']
  const up = await engineDocker('new', [...compose, 'up', '--abort-on-container-exit'], { input: services })
  expect(up.stdout).toContain('from-web')
  expect(await engineDocker('new', [...compose, 'down'], { input: services })).toMatchObject({ code: 0 })
})

test('the command line reports an engine that is not there', async () => {
  const result = await docker('/run/dockgate-engine/none/docker.sock', ['ps'])
  expect(result).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Cannot connect to the Docker daemon'),
  })
})

test('a command that outlasts its time is ended with what it printed so far', async () => {
  const args = ['run', '--rm', '--init', 'busybox', 'sh', '-c', 'echo begun; sleep 20']
  expect(await engineDocker('new', args, { timeout: 3000 })).toMatchObject({ code: 124, stdout: 'begun\n' })
})

test('raw bytes get the raw answer', async () => {
  const answer = await raw(
    engineSocket('new'),
    'GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n',
    5000,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nOK$/)
})
