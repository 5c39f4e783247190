import { describe, expect, test } from 'vitest'
import { formatProblem, formatProblems } from './problem.ts'

const PROBLEM = { file: 'p.yaml', line: 3, column: 5, message: 'is wrong', quote: 'abc: def' }

describe('a problem as text', () => {
  test('has a caret under its place', () => {
    expect(formatProblem(PROBLEM)).toBe('p.yaml:3:5: is wrong\n  abc: def\n      ^')
  })

  test.each(['', ' ', '\t'])('quotes no empty line: %j', (quote) => {
    expect(formatProblem({ ...PROBLEM, quote, hint: 'try' })).toBe('p.yaml:3:5: is wrong\n  hint: try')
  })

  test('shows a hundred characters around a place in a long line', () => {
    const quote = `${'a'.repeat(100)}X${'b'.repeat(100)}`
    expect(formatProblem({ ...PROBLEM, column: 101, quote })).toBe(
      `p.yaml:3:101: is wrong\n  ${'a'.repeat(50)}X${'b'.repeat(49)}\n  ${' '.repeat(50)}^`,
    )
  })

  test('shows the last hundred characters for a place at the end', () => {
    const quote = `${'a'.repeat(149)}X`
    expect(formatProblem({ ...PROBLEM, column: 150, quote })).toBe(
      `p.yaml:3:150: is wrong\n  ${'a'.repeat(99)}X\n  ${' '.repeat(99)}^`,
    )
  })
})

describe('problems as text', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...PROBLEM, line: index + 1, quote: '' }))

  test('are told one after another', () => {
    expect(formatProblems(many(2))).toBe('p.yaml:1:5: is wrong\np.yaml:2:5: is wrong')
  })

  test('are twenty, and the number of the others', () => {
    expect(formatProblems(many(20)).split('\n').at(-1)).toBe('p.yaml:20:5: is wrong')
    const lines = formatProblems(many(23)).split('\n')
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toBe('and 3 more')
  })
})
