import { describe, expect, test, vi } from 'vitest'
import { startFakeEngine } from '../../test/support/fake-engine.ts'
import { openGate } from '../../test/support/local-gate.ts'

test('an engine that stalls is asked again each minute what it has, though its stream goes on', async () => {
  let [asked, stalls] = [0, false]
  using engine = await startFakeEngine({
    'GET /volumes': (_, response) => {
      asked += 1
      response.writeHead(stalls ? 500 : 200).end('{"Volumes":[]}')
    },
  })
  using local = await openGate(engine.url)
  const { feed } = local.gate
  void feed.run()
  await expect.poll(() => feed.connected).toBeDefined()
  stalls = true
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    feed.resyncNow()
    const askedAMinuteLater = () => {
      vi.advanceTimersByTime(60_000)
      return asked
    }
    await expect.poll(askedAMinuteLater).toBeGreaterThan(4)
  } finally {
    vi.useRealTimers()
  }
})

describe('the news that a volume went', () => {
  /** A gate with an own volume, which hears of it as from a clock that is an hour behind, or ahead. */
  async function told(hours: number, answer: (nonce: string) => { status: number; claim?: string }) {
    let nonce = ''
    let tell: (line: string) => void = () => undefined
    let asked = 0
    const volume = () => {
      const { status, claim } = answer(nonce)
      return { status, body: JSON.stringify({ Name: 'data', Labels: { 'dockgate.claim': claim ?? '' } }) }
    }
    const engine = await startFakeEngine({
      'GET /events': (_, response) => {
        response.flushHeaders()
        tell = (line) => response.write(line)
      },
      'GET /volumes/data': (_, response) => {
        asked += 1
        const { status, body } = volume()
        response.writeHead(status).end(body)
      },
    })
    const local = await openGate(engine.url)
    const { feed, ownership } = local.gate
    void feed.run()
    await expect.poll(() => feed.connected).toBeDefined()
    const claim = ownership.claim('volume', 'ai-worker', { memory: 0, nanoCpus: 0 })
    nonce = claim.nonce
    ownership.settle(claim, 'data', 'data')
    const timeNano = (Date.now() + hours * 3_600_000) * 1e6
    tell(`${JSON.stringify({ Type: 'volume', Action: 'destroy', Actor: { ID: 'data' }, timeNano })}\n`)
    await expect.poll(() => asked).toBe(1)
    return {
      ownership,
      [Symbol.dispose]: () => {
        local[Symbol.dispose]()
        engine[Symbol.dispose]()
      },
    }
  }

  test.each([-1, 1])('leaves the worker nothing of that name, by a clock that is %s h off', async (hours) => {
    using gone = await told(hours, () => ({ status: 404 }))
    await expect.poll(() => gone.ownership.owner('volume', 'data')).toBeUndefined()
    using replaced = await told(hours, () => ({ status: 200, claim: 'n2' }))
    await expect.poll(() => replaced.ownership.owner('volume', 'data')).toBeUndefined()
  })

  test.each([-1, 1])(
    'of one before is none of the one made anew, by a clock that is %s h off',
    async (hours) => {
      using anew = await told(hours, (nonce) => ({ status: 200, claim: nonce }))
      using unknown = await told(hours, () => ({ status: 500 }))
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(anew.ownership.owner('volume', 'data')).toBe('ai-worker')
      expect(unknown.ownership.owner('volume', 'data')).toBe('ai-worker')
    },
  )
})
