import { describe, expect, test } from 'vitest'
import { imageChanges, labelsOf } from './image-changes.ts'

function labels(...lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(labelsOf(imageChanges(lines, 'changes')))
}

describe('changes', () => {
  test('are single instructions, their word in capitals', () => {
    expect(imageChanges(['cmd ["a", "b"]', '  ENV A=1 B=2  ', ''], 'changes')).toEqual([
      { instruction: 'CMD', argument: '["a", "b"]' },
      { instruction: 'ENV', argument: 'A=1 B=2' },
    ])
  })

  test.each([
    ['ONBUILD RUN ls', 'later builds'],
    ['onbuild COPY --from=secret / /', 'later builds'],
    ['HEALTHCHECK --interval=1ms CMD true', 'docker run --health-cmd'],
    ['RUN ls', 'each is one of'],
    ['FROM secret', 'each is one of'],
    ['COPY --from=secret / /', 'each is one of'],
    ['# escape=`', 'each is one of'],
    ['CMD', 'each is one of'],
    ['CMD a\nONBUILD RUN b', 'control character'],
    ['CMD a\rONBUILD RUN b', 'control character'],
    ['CMD a\u2028ONBUILD RUN b', 'two ways'],
    ['\ufeffCMD a', 'two ways'],
    ['CMD a \\', 'two ways'],
    ['CMD <<END', 'two ways'],
    ['OnBu\u0131ld RUN b', 'each is one of'],
  ])('%j is refused', (line, why) => {
    expect(() => imageChanges([line], 'changes')).toThrow(why)
  })
})

describe('labels', () => {
  test('are read as engines read them', () => {
    expect(labels('LABEL a=b c="d e" f.g/h-i=', 'label a=z')).toEqual({ a: 'z', c: 'd e', 'f.g/h-i': '' })
  })

  test.each([
    'LABEL a b',
    'LABEL "dockgate.claim"=x',
    "LABEL 'dockgate.claim'=x",
    'LABEL dock\\gate.claim=x',
    'LABEL ${A}gate.claim=x',
    'LABEL a="b"dockgate.claim=x',
    'LABEL a="b\\" c"',
    'LABEL a=$B',
    'LABEL a=b\\ dockgate.claim=x',
  ])('%s could be read in two ways', (line) => {
    expect(() => imageChanges([line], 'changes')).toThrow('write labels as')
  })
})

test('values that double with each change are refused', () => {
  const doubling = (count: number) => Array.from({ length: count }, () => 'ENV A=$A$A')
  expect(imageChanges([...doubling(3), 'ENV PATH=/opt/bin:$PATH'], 'changes')).toHaveLength(4)
  expect(() => imageChanges(doubling(5), 'changes')).toThrow('changes: $ may stand in them 8 times')
})
