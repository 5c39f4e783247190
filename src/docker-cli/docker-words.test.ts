import { describe, expect, test } from 'vitest'
import { decideDockerWords, globalOptions } from './docker-words.ts'
import { parsePolicy } from '../policy/parse.ts'

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
    'plugin ls -q',
    'compose -f x up',
    '-D ps',
    '-l debug ps',
    '--log-level=error ps',
    'build .',
    'build -',
    'build ./https://x',
    'run https://x',
    '--debug ps',
    '--log-level warn ps',
    '-l error -D ps',
    '--help',
    '-h',
    '--version',
    '-v',
  ])('%s is run as it is', (line) => {
    expect(decide(line)).toEqual({ effect: 'run', words: line.split(' ') })
  })

  test.each([
    ['help run', 'run --help'],
    ['-D help compose up', '-D compose up --help'],
    ['help', '--help'],
    ['-D help', '-D --help'],
  ])('%s is %s', (line, same) => {
    expect(decide(line)).toEqual({ effect: 'run', words: same.split(' ') })
  })

  test('that is not known stands in the record under a word that is', () => {
    const decided = decide(`${'x'.repeat(3_000)} y`)
    expect(decided).toMatchObject({ effect: 'refuse', subcommand: 'docker' })
  })

  test('with options alone prints its help', () => {
    expect(decide('-D')).toEqual({ effect: 'run', words: ['-D', '--help'] })
  })

  test('alone prints its help', () => {
    expect(decide('')).toEqual({ effect: 'run', words: ['--help'] })
  })

  test.each([
    'system dial-stdio',
    '--host unix:///run/w.sock system dial-stdio',
    '-H unix:///run/w.sock system dial-stdio',
    '--host=unix:///run/w.sock system dial-stdio',
    '-D system dial-stdio',
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
    ['plugin install x', 'plugin install'],
    ['build https://x/y.git', 'build.context'],
    ['image build git@x:y', 'build.context'],
    ['build http://x', 'build.context'],
    ['build git://x', 'build.context'],
    ['build ssh://x', 'build.context'],
    ['build github.com/a/b', 'build.context'],
    ['--host=unix:///run/other.sock system dial-stdio', 'line.options'],
    ['--host=a --host=unix:///run/w.sock system dial-stdio', 'line.options'],
    ['-H', 'line.options'],
    ['-l', 'line.options'],
    ['--log-level', 'line.options'],
    ['--log-level= ps', 'line.options'],
    ['--log-level=evil ps', 'line.options'],
    ['x--host=unix:///run/w.sock ps', 'line.command'],
    ['x dial-stdio', 'line.command'],
    ['--help ps', 'line.command'],
    ['-v ps', 'line.command'],
    ['PS', 'line.command'],
    ['__complete ps', 'line.command'],
  ])('%s is refused by %s', (line, rule) => {
    expect(decide(line)).toMatchObject({ effect: 'refuse', refusal: { rule } })
  })

  test.each([
    ['--config x ps', 'docker', 'docker --config', ['leave it out', 'docker -D, docker -l LEVEL']],
    ['-H tcp://x ps', 'docker', 'docker --host tcp://x', ['leave it out']],
    ['--host=tcp://x ps', 'docker', 'docker --host tcp://x', ['leave it out']],
    [
      'build https://x/y.git',
      'build',
      'docker build https://x/y.git',
      ['docker build - < context.tar', 'RUN wget in the Dockerfile'],
    ],
    [
      'container frobnicate',
      'container',
      'docker container frobnicate',
      ['docker ps', 'docker inspect', 'docker logs', 'docker stats'],
    ],
    [
      'container',
      'container',
      'docker container',
      ['docker ps', 'docker inspect', 'docker logs', 'docker stats'],
    ],
    ['frobnicate', 'docker', 'docker frobnicate', ['dockgate whoami lists what is']],
    ['plugin rm -f', 'plugin rm', 'docker plugin rm', []],
    ['rm x', 'rm', 'docker rm', []],
  ])('%s is refused in words of its own', (line, subcommand, what, instead) => {
    expect(decide(line)).toMatchObject({
      effect: 'refuse',
      subcommand,
      refusal: { what, instead, why: expect.stringMatching(/[a-z]+ [a-z]+/) },
    })
  })

  test('tells the hint of the operator for a command that is not given', () => {
    expect(decide('cp a b')).toMatchObject({ refusal: { instead: ['use a volume'] } })
  })
})

describe('options before the command', () => {
  test.each([
    ['ps -a', { host: undefined, before: [], rest: ['ps', '-a'], wrong: undefined }],
    ['-D --host=a ps', { host: 'a', before: ['-D'], rest: ['ps'], wrong: undefined }],
    ['-l info -H a ps', { host: 'a', before: ['-l', 'info'], rest: ['ps'], wrong: undefined }],
    ['-H a', { host: 'a', before: [], rest: [], wrong: undefined }],
    ['-H a --host=b ps', { host: 'a', before: [], rest: ['--host=b', 'ps'], wrong: '--host=b' }],
    ['-h', { host: undefined, before: [], rest: ['-h'], wrong: undefined }],
    ['-v', { host: undefined, before: [], rest: ['-v'], wrong: undefined }],
    ['-x', { host: undefined, before: [], rest: ['-x'], wrong: '-x' }],
  ])('%s', (line, expected) => {
    expect(globalOptions(line.split(' '))).toEqual(expected)
  })
})
