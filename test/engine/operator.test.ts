/** The operator's interface of a real gate, before a real engine. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { controlSocket } from '../../src/record/state-directory.ts'
import { docker } from '../support/docker.ts'
import { everything, freshName, gateForAll } from '../support/everything.ts'
import { request } from '../support/http.ts'
import { until } from '../support/process.ts'
import { change, policyFile } from '../support/reload.ts'

const shared = gateForAll('new', { allow: [...everything, 'volume create', 'network create', 'tag'] })
const worker = async (...args: readonly string[]): Promise<void> => {
  expect(await docker(shared.gate, args)).toMatchObject({ code: 0 })
}

async function ask(path: string): Promise<unknown> {
  const { status, body } = await request(controlSocket(join(shared.gate.directory, 'state')), { path })
  expect(status).toBe(200)
  return JSON.parse(body)
}

test('says what each worker has', async () => {
  const name = freshName('operated')
  await worker('volume', 'create', name)
  await worker('network', 'create', name)
  await worker('run', '-d', '--name', name, 'busybox', 'sleep', '100')
  await worker('tag', 'busybox', `${name}:own`)
  const id = expect.stringMatching(/^[0-9a-f]{64}$/)
  await until(
    async () => JSON.stringify(await ask('/v1/workers')).includes(`${name}:own`),
    'the tag to be told',
  )
  expect(await ask('/v1/workers')).toMatchObject({
    workers: [
      {
        name: 'ai-worker',
        containers: expect.arrayContaining([{ id, name, word: name, running: true }]),
        images: expect.arrayContaining([
          {
            id: expect.stringMatching(/^sha256:/),
            names: expect.arrayContaining([expect.stringContaining(`${name}:own`)]),
          },
        ]),
        volumes: expect.arrayContaining([name]),
        networks: expect.arrayContaining([{ id, names: [name] }]),
        usage: { containers: 1 },
      },
    ],
  })
  await worker('rm', '-f', name)
})

test('shows the policy in force, not what its file says by now', async () => {
  const file = policyFile(shared.gate)
  const before = await readFile(file, 'utf8')
  expect(await ask('/v1/policy')).toMatchObject({ file, number: 1, text: before })
  await change(shared.gate, /^version: 1$/m, 'version: 1 # the second')
  const second = await readFile(file, 'utf8')
  const shown = { number: 2, text: second, summary: expect.stringContaining('worker ai-worker') }
  expect(await ask('/v1/policy')).toMatchObject(shown)
  await writeFile(file, 'nonsense')
  await until(() => shared.gate.output().stderr.includes('the old policy stays in force'), 'it to be refused')
  expect(await ask('/v1/policy')).toMatchObject(shown)
})

test('has in the record what a worker was refused a moment ago', async () => {
  const { stderr } = await docker(shared.gate, ['run', '--rm', '-v', '/etc:/host', 'busybox'])
  const [, id = ''] = /Record: ([0-9a-z]{12})/.exec(stderr) ?? []
  expect(await ask(`/v1/record/${id}`)).toMatchObject({
    entries: [{ id, worker: 'ai-worker', decision: 'refuse', rule: 'run.binds' }],
  })
  // A read is written a moment later.
  await worker('ps')
  await sleep(200)
  expect(await ask('/v1/record?operation=container.list&limit=1')).toMatchObject({
    entries: [{ operation: 'container.list', decision: 'allow' }],
  })
})
