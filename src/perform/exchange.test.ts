import { describe, expect, test } from 'vitest'
import { openSmallGate, toldBy } from '../../test/support/small-gate.ts'

const LISTS = { allow: ['images', 'volume ls', 'volume inspect'] }

describe('a list that is torn, as something went while an engine made it', () => {
  test('is asked for again', async () => {
    let asked = 0
    using small = await openSmallGate(LISTS, () => {
      asked += 1
      return asked === 1
        ? [404, { message: 'No such image' }]
        : asked === 2
          ? [500, { message: 'torn' }]
          : [200, []]
    })
    expect(toldBy(await small.call('GET /images/json'))).toEqual([200, []])
    expect(asked).toBe(3)
  })

  test('is asked for five times at most', async () => {
    using small = await openSmallGate(LISTS, () => [404, { message: 'No such image' }])
    const [status] = toldBy(await small.call('GET /images/json'))
    expect(status).toBe(404)
    expect(small.asked).toHaveLength(5)
  })

  test('is none that an engine refuses', async () => {
    using small = await openSmallGate(LISTS, () => [400, { message: 'invalid filter' }])
    const [status] = toldBy(await small.call('GET /volumes'))
    expect(status).toBe(400)
    expect(small.asked).toHaveLength(1)
  })
})
