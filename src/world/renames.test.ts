import { describe, expect, test } from 'vitest'
import { Renames } from './renames.ts'

const none = () => new Renames({ renamed: () => [] })

describe('a name that a worker gave to a container of the operator’s', () => {
  test('changes nothing of what the operator meant, whether its answer or its event comes first', () => {
    const renames = none()
    const { asked } = renames.ask('c', 'web', 'one')
    renames.given(asked)
    renames.told('c', 'one')
    expect(renames.meant('c')).toBe('web')
    const second = renames.ask('c', 'web', 'two').asked
    renames.told('c', 'two')
    expect(renames.given(second)).toMatchObject({ isNews: false })
    expect(renames.meant('c')).toBe('web')
  })

  test('is waited for when it is the one that the gate knows, since the operator may have given another', () => {
    const renames = none()
    for (const name of ['one', 'one']) renames.given(renames.ask('c', 'web', name).asked)
    for (const name of ['one', 'feed', 'one']) renames.told('c', name)
    expect(renames.meant('c')).toBe('feed')
  })

  test('is known by a listing that is ahead of the events, when its answer was lost', () => {
    const renames = none()
    const { asked } = renames.ask('c', 'web', 'one')
    renames.doubt(asked)
    expect(renames.isUnsure()).toBe(true)
    renames.beginListing()(new Map([['c', 'one']]))
    expect(renames.isUnsure()).toBe(false)
    // The operator's name before it is told only now.
    for (const name of ['cache', 'one']) renames.told('c', name)
    expect(renames.meant('c')).toBe('cache')
  })

  test('is the operator’s too where that gave it first, so that the worker’s was refused', () => {
    const renames = none()
    const { asked } = renames.ask('c', 'web', 'one')
    renames.told('c', 'one')
    renames.dropped(asked)
    expect(renames.meant('c')).toBeUndefined()
  })

  test('is forgotten with the container', () => {
    const renames = none()
    renames.given(renames.ask('c', 'web', 'one').asked)
    expect(renames.beginListing()(new Map())).toEqual([{ type: 'unrename', container: 'c' }])
    expect([renames.meant('c'), renames.isMeant('web')]).toEqual([undefined, false])
  })
})

test('a container of whose name an engine does not tell is meant by none', () => {
  const renames = none()
  const { asked } = renames.ask('c', 'web', 'one')
  renames.told('c', '')
  renames.given(asked)
  expect(renames.meant('c')).toBe('')
})
