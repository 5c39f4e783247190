/** A worker whose socket is another's by now, or that was made anew under an old name, is another worker. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { objectOf } from '../../src/shared/json-value.ts'
import { docker } from '../support/docker.ts'
import { engineDocker } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { dockgate, startDocker, until } from '../support/process.ts'
import { reload } from '../support/reload.ts'

const allow = [...everything, 'exec', 'tag', 'volume create', 'volume ls']

/** A policy whose worker has these keys beside its rights. @param socket keys of its socket */
function worker(
  socket: object = {},
  more: object = {},
  name = 'ai-worker',
  names: 'own' | 'shared' = 'shared',
): (directory: string) => string {
  return (directory) => {
    const { workers, ...file } = objectOf(parse(generousPolicy({ allow, run: { names } })(directory)))
    const path = join(directory, 'ai-worker', 'docker.sock')
    const section = { ...objectOf(objectOf(workers)['ai-worker']), socket: { path, ...socket }, ...more }
    return stringify({ ...file, workers: { [name]: section } })
  }
}

const made: string[] = []
afterEach(async () => {
  if (made.length > 0) await engineDocker('new', ['rm', '-f', ...made.splice(0)])
})

async function run(gate: Gate): Promise<string> {
  const name = freshName('whose')
  made.push(name)
  const args = ['run', '-d', '--name', name, 'busybox', 'sh', '-c', 'while true; do echo on; sleep 0.2; done']
  expect(await docker(gate, args)).toMatchObject({ code: 0 })
  return name
}

/** A connection that is kept. */
async function connection(gate: Gate) {
  const socket = connect(gate.socket)
  let received = ''
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (received += chunk.toString()))
  await once(socket, 'connect')
  return {
    socket,
    received: () => received,
    ask: (line: string, body = '') =>
      socket.write(
        `${line} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
  }
}

const CREATE = JSON.stringify({ Image: 'busybox', Cmd: ['true'] })

describe('a connection from before', () => {
  test.each<readonly [string, (directory: string) => string]>([
    ['the socket went to another account', worker({ owner: '12345' })],
    ['the socket went to another group', worker({ group: '12345' })],
    ['the worker was taken out of the policy', worker({}, {}, 'somebody-else')],
  ])('does nothing any more when %s', async (_, after) => {
    await using gate = await startGate({ policy: worker() })
    const kept = await connection(gate)
    const name = await run(gate)
    kept.ask('GET /v1.41/containers/json')
    await until(() => kept.received().includes(name), 'the list')
    await using logs = startDocker(gate, ['logs', '-f', name])
    await logs.printed('on')
    await reload(gate, after)
    await logs.ended
    const late = freshName('late')
    made.push(late)
    kept.ask(`POST /v1.41/containers/create?name=${late}`, CREATE)
    await until(() => kept.socket.destroyed, 'the connection to be closed')
    expect(kept.received()).not.toContain('201 Created')
    expect((await engineDocker('new', ['inspect', late])).code).not.toBe(0)
  })
})

describe('what a worker had', () => {
  const state = (gate: Gate) => join(gate.directory, 'state')

  test('stays its own where its socket moves', async () => {
    await using gate = await startGate({ policy: worker() })
    const name = await run(gate)
    const path = join(gate.directory, 'moved', 'docker.sock')
    await reload(gate, worker({ path }))
    expect((await docker({ socket: path }, ['ps', '--format', '{{.Names}}'])).stdout).toBe(`${name}\n`)
  })

  test('is nobody’s when it was made anew under its name, and given on where the policy says so', async () => {
    await using gate = await startGate({ policy: worker() })
    const name = await run(gate)
    await reload(gate, worker({}, {}, 'somebody-else'))
    await reload(gate, worker())
    expect(gate.output().stderr).toMatch(
      /worker ai-worker is another than before: .* 1 things .*inherits: true/,
    )
    expect((await docker(gate, ['ps', '-a', '--format', '{{.Names}}'])).stdout).toBe('')
    expect(await docker(gate, ['rm', '-f', name])).toMatchObject({
      stderr: expect.stringContaining('No such container'),
    })
    expect((await dockgate('status', '--state', state(gate))).stdout).toContain('1 things of ai-worker')
    await reload(gate, worker({}, { inherits: true }))
    expect((await docker(gate, ['ps', '-a', '--format', '{{.Names}}'])).stdout).toBe(`${name}\n`)
    expect(await docker(gate, ['rm', '-f', name])).toMatchObject({ code: 0 })
  })

  test('is nobody’s either when its socket is another account’s, also over a restart of the gate', async () => {
    await using gate = await startGate({ policy: worker() })
    const name = await run(gate)
    await gate.stop()
    await using other = await startGate({ directory: gate.directory, policy: worker({ group: '12345' }) })
    expect((await docker(other, ['ps', '-a', '--format', '{{.Names}}'])).stdout).toBe('')
    const own = await run(other)
    await other.stop()
    await using again = await startGate({ directory: gate.directory, policy: worker({ group: '12345' }) })
    expect((await docker(again, ['ps', '-a', '--format', '{{.Names}}'])).stdout).toBe(`${own}\n`)
    expect((await engineDocker('new', ['inspect', name])).code).toBe(0)
  })

  test('is called otherwise than what the one before it had, and fits the policy as that does', async () => {
    await using gate = await startGate({ policy: worker({}, {}, 'ai-worker', 'own') })
    await reload(gate, worker({}, {}, 'somebody-else', 'own'))
    await reload(gate, worker({}, {}, 'ai-worker', 'own'))
    const [image, name] = [freshName('image'), freshName('of-it')]
    expect(await docker(gate, ['tag', 'busybox', image])).toMatchObject({ code: 0, stderr: '' })
    expect(await docker(gate, ['create', '--name', name, image, 'true'])).toMatchObject({ code: 0 })
    const { stdout } = await dockgate('status', '--json', '--state', state(gate))
    expect(JSON.parse(stdout)).toMatchObject({
      workers: [
        {
          name: 'ai-worker.2',
          containers: [{ word: name, name: `ai-worker.2.${name}` }],
          images: [{ id: expect.any(String) }],
        },
      ],
    })
    expect(stdout).not.toContain('misfit')
    await docker(gate, ['rm', name])
    await docker(gate, ['rmi', image])
  })
})
