import { expect, test } from 'vitest'
import { either, Ending } from './ending.ts'

test('what waits for an end is called once, in order', () => {
  const ending = new Ending()
  const called: string[] = []
  ending.whenOver(() => called.push('first'))
  ending.whenOver(() => called.push('second'))
  expect(ending.isOver).toBe(false)
  ending.end()
  ending.end()
  expect(called).toEqual(['first', 'second'])
  expect(ending.isOver).toBe(true)
})

test('what was taken back is not called', () => {
  const ending = new Ending()
  const called: string[] = []
  const takeBack = ending.whenOver(() => called.push('first'))
  ending.whenOver(() => called.push('second'))
  takeBack()
  ending.end()
  expect(called).toEqual(['second'])
})

test('a signal aborts with it, made before or after', () => {
  const ending = new Ending()
  const { signal } = ending
  expect(signal.aborted).toBe(false)
  ending.end()
  expect(signal.aborted).toBe(true)
  expect(ending.signal.aborted).toBe(true)
  expect(new Ending(true).signal.aborted).toBe(true)
})

test('of two, the first that ends counts', () => {
  const [one, controller] = [new Ending(), new AbortController()]
  const [by, bySignal] = [either(one, new AbortController().signal), either(new Ending(), controller.signal)]
  expect([by.isOver, bySignal.isOver]).toEqual([false, false])
  one.end()
  controller.abort()
  expect([by.isOver, bySignal.isOver]).toEqual([true, true])
  expect(either(one, new AbortController().signal).isOver).toBe(true)
  expect(either(new Ending(), controller.signal).isOver).toBe(true)
})
