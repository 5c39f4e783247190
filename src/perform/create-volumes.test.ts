import { expect, test } from 'vitest'
import { startFakeEngine } from '../../test/support/fake-engine.ts'
import { openGate } from '../../test/support/local-gate.ts'
import { forgetVolume, statusOfVolume } from './create-volumes.ts'
import { Ending } from '../shared/ending.ts'

/** The engine for a call whose right does not end. */
function engineOf({ gate }: Awaited<ReturnType<typeof openGate>>) {
  const never = () => new Ending()
  return gate.engineFor({
    inForce: true,
    renew: () => Promise.resolve(),
    untilEnded: never,
    untilGone: never,
  })
}

const NO_LIMITS = { memory: 0, nanoCpus: 0 }
const WORKER = 'ai-worker'

test.each([
  ['is there', 200, 'own', 200],
  ['is another’s by now', 200, 'another', 404],
  ['is gone', 404, '', 404],
  ['is what the engine does not tell of', 500, '', 500],
] as const)('a volume that is to be removed %s', async (_, answers, carries, status) => {
  let nonce = ''
  using engine = await startFakeEngine({
    'GET /volumes/data': (__, response) => {
      const Labels = { 'dockgate.claim': carries === 'own' ? nonce : carries }
      response.writeHead(answers).end(JSON.stringify({ Name: 'data', Labels }))
    },
  })
  using local = await openGate(engine.url)
  const claim = local.gate.ownership.claim('volume', WORKER, NO_LIMITS)
  nonce = claim.nonce
  local.gate.ownership.settle(claim, 'data', 'data')
  const owned = local.gate.ownership.all('volume')
  expect(await Promise.all(owned.map((one) => statusOfVolume(engineOf(local), 45, one)))).toEqual([status])
})

test('a volume that was removed is forgotten, and one that was made under its name meanwhile is not', async () => {
  using local = await openGate()
  const { inventory, ownership } = local.gate
  const make = (worker: string) => {
    inventory.putVolume('data')
    ownership.settle(ownership.claim('volume', worker, NO_LIMITS), 'data', 'data')
    return ownership.all('volume')
  }
  const [removed] = make(WORKER)
  const [anew] = make('rival')
  if (removed === undefined || anew === undefined) throw new Error('both are owned')
  expect(forgetVolume(local.gate, removed)).toEqual([])
  expect([ownership.owner('volume', 'data'), inventory.hasVolume('data')]).toEqual(['rival', true])
  expect(forgetVolume(local.gate, anew)).toEqual([{ type: 'disown', kind: 'volume', id: 'data' }])
  expect([ownership.owner('volume', 'data'), inventory.hasVolume('data')]).toEqual([undefined, false])
})
