import { describe, expect, test } from 'vitest'
import { ask } from '../../test/cases/world.ts'
import { recordDetail } from './detail.ts'
import { redactEnvironment } from './redact.ts'

/** What the record would hold of a request. */
function detailOf(line: string, allow: string, headers: Readonly<Record<string, string>> = {}): string {
  const { decoded, verdict } = ask(
    { line, headers },
    { docker: { allow: [allow] }, run: {}, world: {}, without: [] },
  )
  expect(verdict.effect).toBe('allow')
  return recordDetail(decoded.operation, verdict, (list) => redactEnvironment(list, () => 'hash'))
}

describe('the record', () => {
  test('holds changes of an image, but no environment', () => {
    const changes = 'changes=ENV%20A%3Dhidden%20B%3Dhidden&changes=CMD%20ls'
    for (const [line, word] of [
      [`POST /images/create?fromSrc=-&${changes}`, 'import'],
      [`POST /commit?container=web&${changes}`, 'commit'],
    ] as const) {
      const detail = detailOf(line, word)
      expect(JSON.parse(detail)).toMatchObject({ parameters: { changes: ['ENV=<hash>', 'CMD ls'] } })
      expect(detail).not.toContain('hidden')
    }
  })

  test('tells that credentials went with a push, not which', () => {
    const detail = detailOf('POST /images/own/push?tag=1', 'push', { 'X-Registry-Auth': 'aGlkZGVu' })
    expect(JSON.parse(detail)).toMatchObject({ image: 'own', registryAuth: 'given' })
    expect(detail).not.toContain('aGlkZGVu')
  })
})
