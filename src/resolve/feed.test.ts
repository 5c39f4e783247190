import { expect, test, vi } from 'vitest'
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
