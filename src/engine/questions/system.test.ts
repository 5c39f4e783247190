import { expect, test } from 'vitest'
import { startFakeEngine } from '../../../test/support/fake-engine.ts'
import { Ending } from '../../shared/ending.ts'
import { Engine } from '../engine.ts'
import { ping } from './system.ts'

const OWN = { oldest: 24, newest: 55 }

/** What is spoken with an engine of these versions. */
async function spokenWith(newest: string, oldest?: string) {
  using fake = await startFakeEngine({
    'GET /_ping': (_, response) => response.setHeader('Api-Version', newest).end('OK'),
    'GET /version': (_, response) =>
      response.end(JSON.stringify({ Version: '29.0.0', MinAPIVersion: oldest })),
  })
  const engine = new Engine(fake.url)
  try {
    const { spoken, pingHeaders } = await ping({ engine, until: new Ending() }, OWN)
    return [spoken.oldest, spoken.newest, pingHeaders['Api-Version']]
  } finally {
    engine.close()
  }
}

test.each([
  ['1.41', '1.12', [24, 41, '1.41']],
  ['1.52', '1.44', [44, 52, '1.52']],
  ['1.60', '1.40', [40, 55, '1.55']],
  ['1.45', undefined, [24, 45, '1.45']],
])('with an engine of API %s, which takes %s, is spoken what both speak', async (newest, oldest, spoken) => {
  expect(await spokenWith(newest, oldest)).toEqual(spoken)
})

test('an engine that has left behind what dockgate speaks is none, and it is said why', async () => {
  await expect(spokenWith('1.70', '1.56')).rejects.toThrow(
    'API versions 1.56 to 1.70 are spoken by the engine, 1.24 to 1.55 by dockgate',
  )
})
