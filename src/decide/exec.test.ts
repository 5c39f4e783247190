import { describe, expect, test } from 'vitest'
import { ask } from '../../test/cases/world.ts'

const WORLD = { containers: { mine: { owner: 'self' }, ollama: { owner: 'operator' } } }

/** Asks to run a program, and tells by which rule the answer is. */
function exec(docker: Readonly<Record<string, unknown>>, container: string, body: object): string {
  const { verdict } = ask(
    { line: `POST /containers/${container}/exec`, body },
    { docker: { allow: ['ps'], reach: {}, ...docker }, run: {}, world: WORLD, without: [] },
  )
  if (verdict.effect === 'allow') return `allow ${verdict.rule}`
  return `${verdict.status} ${verdict.refusal.rule}`
}

const NAMED = { reach: { ollama: ['logs'] }, exec: { ollama: ['ollama pull <model>'] } }
const PULL = ['ollama', 'pull', 'llama3']

describe("in the operator's container", () => {
  test('what the policy names may be run, and nothing else', () => {
    expect(exec(NAMED, 'ollama', { Cmd: PULL })).toBe('allow docker.exec.ollama')
    expect(exec(NAMED, 'ollama', { Cmd: ['sh'] })).toBe('403 docker.exec.ollama')
    expect(exec(NAMED, 'ollama', { Cmd: [...PULL, '--insecure'] })).toBe('403 docker.exec.ollama')
    expect(exec(NAMED, 'ollama', { Cmd: [PULL.join(' ')] })).toBe('403 docker.exec.ollama')
  })

  test.each([{ User: 'root' }, { Env: ['LD_PRELOAD=/a'] }, { WorkingDir: '/' }])(
    'a command that is named runs as it is, not with %j',
    (change) => {
      expect(exec(NAMED, 'ollama', { Cmd: PULL, ...change })).toBe('403 docker.exec.ollama')
    },
  )

  test('a right to exec in own containers gives none', () => {
    const own = { allow: ['exec'], reach: { ollama: ['logs'] } }
    expect(exec(own, 'ollama', { Cmd: PULL })).toMatch(/^403/)
  })

  test('the word in its reach gives any', () => {
    expect(exec({ reach: { ollama: ['exec'] } }, 'ollama', { Cmd: ['sh'], User: 'root' })).toBe(
      'allow docker.reach.ollama',
    )
  })
})

describe('in an own container', () => {
  test('the word allows any program', () => {
    expect(exec({ allow: ['exec'] }, 'mine', { Cmd: ['sh'], User: '0' })).toBe('allow docker.allow')
  })

  test('what is named for own ones may be run without it', () => {
    const own = { exec: { own: ['make <target>'] } }
    expect(exec(own, 'mine', { Cmd: ['make', 'all'] })).toBe('allow docker.exec.own')
    expect(exec(own, 'mine', { Cmd: ['make', '-f'] })).toBe('403 docker.exec.own')
  })

  test('nothing may be run where neither says so', () => {
    expect(exec({}, 'mine', { Cmd: ['sh'] })).toBe('403 docker.allow')
  })
})

test('a privileged one is refused everywhere', () => {
  expect(exec({ allow: ['exec'] }, 'mine', { Cmd: ['sh'], Privileged: true })).toMatch(/^403/)
})

test('a container out of reach looks as if it did not exist', () => {
  expect(exec({ allow: ['exec'] }, 'ollama', { Cmd: ['sh'] })).toBe('404 docker.reach')
})
