/** Testcontainers for Node, under the policy of `dockgate init --for testcontainers`: what passes on the engine itself passes through the gate. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { starterFor } from '../../src/policy/starters.ts'
import { DOCKER_IMAGE, makeDockerImage, makeImage } from '../support/docker-image.ts'
import { engineDocker, engineSocket, type EngineName } from '../support/engine.ts'
import { startGate } from '../support/gate.ts'
import { workDirectory, workerSocket } from '../support/policy.ts'
import { start, until } from '../support/process.ts'
import { setting } from '../support/settings.ts'

const program = fileURLToPath(new URL('testcontainers.mjs', import.meta.url))
const reaper = fileURLToPath(new URL('ryuk.sh', import.meta.url))
const engines: readonly EngineName[] = ['new', 'old']
const REAPER = 'testcontainers/ryuk:0.14.0'

interface Ran {
  readonly results: Readonly<Record<string, string>>
  /** Ids of a container and a network that it left behind. */
  readonly left: readonly string[]
  readonly stderr: string
}

/** Runs the program against a socket. @param folder that containers may mount */
async function run(socket: string, folder: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const home = mkdtempSync(join(tmpdir(), 'dockgate-clients-'))
  writeFileSync(join(home, 'config.json'), JSON.stringify({ cliPluginsExtraDirs: [setting('PLUGINS')] }))
  mkdirSync(join(home, 'tmp'))
  try {
    await using running = start(process.execPath, [program, setting('CLIENTS'), folder], {
      PATH: `${dirname(setting('DOCKER'))}:/usr/bin:/bin`,
      HOME: home,
      TMPDIR: join(home, 'tmp'),
      DOCKER_CONFIG: home,
      DOCKER_HOST: `unix://${socket}`,
      REGISTRY_IMAGE: `${setting('REGISTRY')}/team/tool:1`,
      ...env,
    })
    const { stdout, stderr } = await running.ended
    const results = /^\{.*\}$/m.exec(stdout)?.[0]
    if (results === undefined) throw new Error(`it ended early:\n${stdout}${stderr}`)
    return { results: JSON.parse(results), left: /^left (.*)$/m.exec(stderr)?.[1]?.split(' ') ?? [], stderr }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

function policy(directory: string): string {
  const { text = '', socket = '' } =
    starterFor('testcontainers', { worker: 'ai-worker', engine: undefined, schema: 'none' }) ?? {}
  return text
    .replace(socket, workerSocket(directory))
    .replace('/srv/ai-worker', workDirectory(directory))
    .replace('- docker.io/library/*', `- docker.io/library/*\n          - ${setting('REGISTRY')}/team/*`)
}

describe.each(engines)('on the %s engine', (engine) => {
  beforeAll(async () => {
    await makeDockerImage(engine)
    await makeImage(engine, REAPER, DOCKER_IMAGE, { '/ryuk.sh': readFileSync(reaper) }, ['/ryuk.sh'])
    const ready = { '/bin/pg_isready': Buffer.from('#!/bin/sh\n') }
    await makeImage(engine, 'postgres:16', 'busybox', ready, ['httpd', '-f', '-p', '5432'])
  })

  test('all that passes on the engine itself passes, and the reaper removes what is left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockgate-raw-'))
    const raw = await run(engineSocket(engine), folder)
    rmSync(folder, { recursive: true, force: true })
    const failed = Object.entries(raw.results).filter(([, result]) => result !== 'ok')
    expect(failed).toEqual([])

    await using gate = await startGate({ engine, policy })
    const { results, left } = await run(gate.socket, workDirectory(gate.directory))
    expect(results).toEqual(raw.results)
    expect(left).toHaveLength(2)
    const isGone = async (id: string): Promise<boolean> =>
      (await engineDocker(engine, ['inspect', id])).code !== 0
    await until(
      async () => (await Promise.all([...left, ...raw.left].map(isGone))).every(Boolean),
      'the reaper',
    )
    const reapers = ['ps', '-aq', '--filter', `ancestor=${REAPER}`]
    await until(async () => (await engineDocker(engine, reapers)).stdout === '', 'the reaper to end')
  })

  test('without the socket it is told what to set, and all else passes with that', async () => {
    const without = (directory: string): string =>
      policy(directory).replace('docker_socket: own', 'docker_socket: off')
    await using gate = await startGate({ engine, policy: without })
    const folder = workDirectory(gate.directory)
    const { results } = await run(gate.socket, folder)
    const untold = Object.entries(results).filter(
      ([, text]) => !text.includes('TESTCONTAINERS_RYUK_DISABLED=true'),
    )
    // That is not for the reaper.
    expect(untold).toEqual([['one that is used again', 'ok']])
    const { results: disabled } = await run(gate.socket, folder, { TESTCONTAINERS_RYUK_DISABLED: 'true' })
    expect(Object.entries(disabled).filter(([, result]) => result !== 'ok')).toEqual([])
  })
})
