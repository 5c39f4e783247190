/** What others have beside a worker's own things: everything is asked for that can be read, and nothing of theirs is in any byte of it. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { objectOf, textOf } from '../../src/shared/json-value.ts'
import { expectNothingOf, makeAll, READ, removeAll, THEIRS } from '../support/beside.ts'
import { engineRequest, type EngineName, onEngines } from '../support/engine.ts'
import { everything, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { withOther } from '../support/two-workers.ts'

const allow = [
  ...everything,
  ...['exec', 'cp', 'diff', 'export', 'save', 'commit', 'tag'],
  ...['volume create', 'volume inspect', 'network create', 'network inspect', 'network connect'],
]

describe.each(onEngines('new', 'old', '28', '26'))('before the %s engine', (engine) => {
  let gate: Gate
  let ids: readonly string[] = []
  beforeAll(async () => {
    gate = await startGate({
      engine,
      policy: withOther(
        generousPolicy({ allow, exec: { own: '*' }, run: { images: ['busybox', 'docker.io/mine/*'] } }),
      ),
    })
    ids = await makeAll(gate, engine)
  }, 120_000)
  afterAll(async () => {
    await removeAll(engine)
    await gate[Symbol.asyncDispose]()
  })

  test.each(READ)('%s %s tells nothing of theirs', async (method, path) => {
    const versions =
      engine === 'old' ? ['', '/v1.24', '/v1.41'] : ['', '/v1.24', '/v1.43', `/v${await newestOf(engine)}`]
    await expectNothingOf([THEIRS, ...ids], gate, [method, path], versions)
  })
})

async function newestOf(engine: EngineName): Promise<string> {
  const { body } = await engineRequest(engine, { path: '/version' })
  return textOf(objectOf(JSON.parse(body))['ApiVersion'])
}
