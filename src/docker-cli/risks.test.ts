import { describe, expect, test } from 'vitest'
import { knownCommand, risksOf } from './risks.ts'
import { SPELLINGS, SUBCOMMANDS, expandWord } from '../policy/subcommands.ts'

const risk = (line: string): string | undefined => knownCommand(line.split(' '))?.risk

describe('the risk of a command', () => {
  test.each([
    ['ps -a', 'read'],
    ['container ls', 'read'],
    ['logs web', 'read'],
    ['image inspect alpine', 'read'],
    ['system df', 'read'],
    ['compose -f a.yaml --project-name=x ps', 'read'],
    ['run alpine', 'write'],
    ['stop web', 'write'],
    ['exec web rm -rf /', 'write'],
    ['compose up -d', 'write'],
    ['compose config', 'write'],
    ['rm web', 'destroy'],
    ['image rm alpine', 'destroy'],
    ['system prune -f', 'destroy'],
    ['compose down', 'destroy'],
    ['compose scale web=0', 'destroy'],
    ['compose up -d --remove-orphans', 'destroy'],
    ['compose -p x up --remove-orphans=true -d', 'destroy'],
    ['compose create --remove-orphans', 'destroy'],
    ['compose run --remove-orphans web true', 'destroy'],
    ['compose kill --remove-orphans', 'destroy'],
    ['compose wait --down-project web', 'destroy'],
    ['compose wait web', 'write'],
    ['compose up -d -V', 'destroy'],
    ['compose up -dV web', 'destroy'],
    ['compose up --renew-anon-volumes -d', 'destroy'],
    ['compose up -d --scale web=0', 'destroy'],
    ['compose create --scale=web=0', 'destroy'],
    ['compose up -d --no-color', 'write'],
    ['compose create --build', 'write'],
    ['compose run -V', 'write'],
    ['compose exec web prog --remove-orphans -V', 'write'],
    ['compose ps --orphans=false', 'read'],
    ['container rm ps', 'destroy'],
  ])('%s: %s', (line, expected) => {
    expect(risk(line)).toBe(expected)
  })

  test.each([
    '',
    'plugin install x',
    'system',
    'container',
    '-H tcp://x ps',
    'compose',
    'compose --x ps',
    'PS',
  ])('%j is not a command that is known', (line) => {
    expect(risk(line)).toBeUndefined()
  })

  test('is that of whole words', () => {
    expect(knownCommand(['container ls'])).toBeUndefined()
    expect(knownCommand([' ps'])).toBeUndefined()
    expect(knownCommand(['container', ' ls'])).toBeUndefined()
  })

  test('is the same in every spelling', () => {
    for (const spelling of SPELLINGS) {
      const meant = expandWord(spelling)
      if (meant.length !== 1 || spelling === 'compose') continue
      expect(knownCommand(spelling.split(' '))).toMatchObject({ subcommand: meant[0], rest: [] })
      expect(risk(spelling)).toBe(risk(meant[0] ?? ''))
    }
  })

  test('is there for every right, and compose has all of them', () => {
    for (const word of SUBCOMMANDS) expect(risksOf(word).length).toBeGreaterThan(0)
    expect(risksOf('compose')).toEqual(['read', 'write', 'destroy'])
  })
})
