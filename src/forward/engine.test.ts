import { expect, test } from 'vitest'
import { startFakeEngine } from '../../test/support/fake-engine.ts'
import { plainRequest } from '../rewrite/encoded.ts'
import { Engine, EngineUnavailable, readWhole } from './engine.ts'

test('an answer that stalls is given up', async () => {
  using fake = await startFakeEngine({ 'GET /info': (_, response) => response.write('{"NCPU":') })
  const engine = new Engine(fake.url)
  const answer = await engine.send(plainRequest('GET', '/info'), 1_000)
  const reading = readWhole(answer, 1024, 100)
  await expect(reading).rejects.toThrow(EngineUnavailable)
  await expect(reading).rejects.toThrow('0.1 s')
  engine.close()
})

test('an answer that comes in time is whole', async () => {
  using fake = await startFakeEngine({})
  const engine = new Engine(fake.url)
  const answer = await engine.send(plainRequest('GET', '/info'), 1_000)
  expect(String(await readWhole(answer, 1024, 10_000))).toBe('{"NCPU":2}')
  engine.close()
})
