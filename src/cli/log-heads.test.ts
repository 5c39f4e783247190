import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { logHeads } from './log-heads.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('the head is printed at once, every ten minutes where there is a new one, and not behind the end', () => {
  const lines: string[] = []
  const state = { entries: 1, head: 'a'.repeat(64), failing: undefined }
  const end = logHeads({ state: () => ({ ...state }) }, (line) => lines.push(line))
  vi.advanceTimersByTime(3_600_000)
  expect(lines).toEqual([`the record has 1 entries, its head is 1:${state.head}`])
  state.entries = 2
  vi.advanceTimersByTime(600_000)
  expect(lines.at(-1)).toBe(`the record has 2 entries, its head is 2:${state.head}`)
  end()
  state.entries = 3
  vi.advanceTimersByTime(3_600_000)
  expect(lines).toHaveLength(2)
})
