import { describe, expect, test } from 'vitest'
import { decideDockerWords } from './docker-words.ts'
import { parsePolicy } from './parse.ts'

const parsed = parsePolicy(
  'version: 1\nworkers:\n  w:\n    socket: /run/w.sock\n    docker:\n      allow: [ps, inspect, run, build, system df, compose]\n' +
    '      reach: { web: [logs] }\n      exec: { web: [ls] }\n      hints: { cp: use a volume }\n',
  'p.yaml',
)
if ('problems' in parsed) throw new Error('the policy is wrong')
const [worker] = parsed.policy.workers
const decide = (line: string) => {
  if (worker === undefined) throw new Error('no worker')
  return decideDockerWords(worker, line === '' ? [] : line.split(' '), '/run/w.sock')
}

describe('docker', () => {
  test.each([
    'ps -a',
    'container ls -a',
    'container ps',
    'logs web',
    'container logs web',
    'exec web ls',
    'image inspect x',
    'network inspect x',
    'system df -v',
    'compose -f x up',
    '-D ps',
    '-l debug ps',
    '--log-level=error ps',
    'build .',
    'build -',
    '--help',
    '--version',
  ])('%s is run as it is', (line) => {
    expect(decide(line)).toEqual({ effect: 'run', words: line.split(' ') })
  })

  test.each([
    ['help run', 'run --help'],
    ['-D help compose up', '-D compose up --help'],
  ])('%s is %s', (line, same) => {
    expect(decide(line)).toEqual({ effect: 'run', words: same.split(' ') })
  })

  test('that is not known stands in the record under a word that is', () => {
    const decided = decide(`${'x'.repeat(3_000)} y`)
    expect(decided).toMatchObject({ effect: 'refuse', subcommand: 'docker' })
  })

  test('alone prints its help', () => {
    expect(decide('')).toEqual({ effect: 'run', words: ['--help'] })
  })

  test.each([
    'system dial-stdio',
    '--host unix:///run/w.sock system dial-stdio',
    '-H unix:///run/w.sock system dial-stdio',
  ])('%s joins the socket', (line) => {
    expect(decide(line)).toEqual({ effect: 'dial' })
  })

  test.each([
    ['rm x', 'docker.allow'],
    ['cp a b', 'docker.allow'],
    ['system prune', 'docker.allow'],
    ['-H unix:///run/w.sock ps', 'line.options'],
    ['--host unix:///run/other.sock system dial-stdio', 'line.options'],
    ['-H a -H unix:///run/w.sock system dial-stdio', 'line.options'],
    ['--config x ps', 'line.options'],
    ['-l evil ps', 'line.options'],
    ['--tlsverify ps', 'line.options'],
    ['-Hx ps', 'line.options'],
    ['container', 'line.command'],
    ['buildx ls', 'line.command'],
    ['system dial-stdio x', 'line.command'],
    ['plugin ls', 'plugin ls'],
    ['build https://x/y.git', 'build.context'],
    ['image build git@x:y', 'build.context'],
    ['PS', 'line.command'],
    ['__complete ps', 'line.command'],
  ])('%s is refused by %s', (line, rule) => {
    expect(decide(line)).toMatchObject({ effect: 'refuse', refusal: { rule } })
  })

  test('tells the hint of the operator for a command that is not given', () => {
    expect(decide('cp a b')).toMatchObject({ refusal: { instead: ['use a volume'] } })
  })
})
