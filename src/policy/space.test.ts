import { describe, expect, test } from 'vitest'
import { Space } from './space.ts'

const own = new Space('ai-worker')
const shared = new Space('')

describe('a worker’s names', () => {
  test.each(['db', 'a', 'ai-worker.db', 'x.y', '.x'])(
    '%s is the same there and back, and never another',
    (word) => {
      expect(own.wordFor(own.nameOf(word))).toBe(word)
      expect(own.nameOf(word)).toBe(`ai-worker.${word}`)
      expect(shared.wordFor(shared.nameOf(word))).toBe(word)
    },
  )

  test('what was named before keeps its name', () => {
    expect(own.wordFor('db')).toBe('db')
  })

  test.each([
    ['The container name "/ai-worker.db" is already in use', 'The container name "/db" is already in use'],
    ['No such container: ai-worker.db', 'No such container: db'],
    ['network ai-worker.ai-worker.x not found', 'network ai-worker.x not found'],
    ['(name:"ai-worker.db" id:"1")', '(name:"db" id:"1")'],
    // No names.
    [
      'give your operator this rule, for worker ai-worker.',
      'give your operator this rule, for worker ai-worker.',
    ],
    ['for worker ai-worker.\\nRecord: x', 'for worker ai-worker.\\nRecord: x'],
    ['/srv/ai-worker.d/x is outside', '/srv/ai-worker.d/x is outside'],
    ['not-ai-worker.db', 'not-ai-worker.db'],
  ])('a text is told in its words: %s', (text, told) => {
    expect(own.inWords(text)).toBe(told)
    expect(shared.inWords(text)).toBe(text)
  })

  test('labels are the same there and back, without the gate’s', () => {
    const labels = { 'com.docker.compose.project': 'app', mine: 'ai-worker.x' }
    const sent = own.labelsFor(new Map([...Object.entries(labels), ['Dockgate.Claim', 'x']]))
    expect(Object.fromEntries(sent)).toEqual({ ...labels, 'com.docker.compose.project': 'ai-worker.app' })
    expect(own.labelsOf({ ...Object.fromEntries(sent), 'dockgate.claim': 'y' })).toEqual(labels)
  })
})
