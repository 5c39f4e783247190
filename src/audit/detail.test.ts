import { describe, expect, test, vi } from 'vitest'
import { allOf, textOf } from '../../test/support/share.ts'
import { ask } from '../../test/cases/world.ts'
import { recordDetail } from './detail.ts'
import type { Hash } from './redact.ts'

/** What the record would hold of a request. */
function detailOf(line: string, allow: string, headers: Readonly<Record<string, string>> = {}): string {
  const { decoded, verdict } = ask(
    { line, headers },
    { docker: { allow: [allow] }, run: {}, world: {}, without: [] },
  )
  expect(verdict.effect).toBe('allow')
  return textOf(recordDetail(decoded.operation, verdict).text(() => 'hash', Infinity))
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

  test('holds the names of options of logging, and no token', () => {
    const { decoded, verdict } = ask({
      line: 'POST /containers/create',
      body: {
        Image: 'alpine',
        HostConfig: {
          LogConfig: { Type: 'splunk', Config: { 'splunk-token': 's3cret', 'max-size': '1m' } },
        },
      },
    })
    const detail = textOf(recordDetail(decoded.operation, verdict).text(() => 'hash', Infinity))
    expect(verdict).toMatchObject({ effect: 'refuse', refusal: { rule: 'run.log' } })
    expect(JSON.parse(detail)).toMatchObject({
      log: { driver: 'splunk', options: { 'splunk-token': '<hash>', 'max-size': '1m' } },
    })
    expect(JSON.stringify([detail, verdict])).not.toContain('s3cret')
  })

  test('holds the keys of what is refused, not what stands under them', () => {
    for (const [line, body] of [
      ['POST /volumes/create', { Name: 'v', DriverOpts: { o: 'username=u,password=s3cret' } }],
      ['POST /containers/create', { Image: 'alpine', HostConfig: { Annotations: { token: 's3cret' } } }],
    ] as const) {
      const { decoded, verdict } = ask({ line, body })
      expect(verdict.effect).toBe('refuse')
      const detail = textOf(recordDetail(decoded.operation, verdict).text(() => 'hash', Infinity))
      expect(JSON.stringify([detail, verdict])).not.toContain('s3cret')
    }
  })
})

/** Entries as gates before have written them: what is looked for in a record stays where it was. */
const RECORDED: readonly (readonly [line: string, body: unknown, auth: string, detail: string])[] = [
  [
    'POST /containers/mine/exec',
    { Cmd: 'ls', Env: ['A=b', 'B', 'C=', 'T=a=b', 'https://u:p@h'], Tty: true },
    '',
    '{"kind":"container.exec","container":"mine","argv":["ls"],"body":{"Env":["A=<1 b>","B","C=<0 >","T=<3 a=b>","https://<3 u:p>@h"],"Tty":true}}',
  ],
  [
    'POST /commit?container=web&changes=ENV%20A%3Db%20C%3Dd&changes=LABEL%20a%3Db',
    { Env: ['A=b'], Cmd: ['x'], Image: 'y' },
    '',
    '{"kind":"container.commit","container":"web","parameters":{"changes":["ENV=<7 A=b C=d>","LABEL a=b"]},"config":{"Env":["A=<1 b>"],"Cmd":["x"]}}',
  ],
  [
    'POST /images/create?fromSrc=-&changes=ENV%20A%20b&repo=x',
    undefined,
    '',
    '{"kind":"image.import","parameters":{"changes":["ENV=<3 A b>"],"repo":"x"}}',
  ],
  [
    'POST /images/create?fromImage=alpine&tag=3',
    undefined,
    'e30=',
    '{"kind":"image.pull","parameters":{"fromImage":"alpine","tag":"3"},"registryAuth":"given"}',
  ],
  ['POST /images/own/push', undefined, '', '{"kind":"image.push","image":"own","parameters":{}}'],
]

test.each(RECORDED)('%s is recorded as ever', (line, body, auth, expected) => {
  const { decoded, verdict } = ask({ line, body, headers: auth === '' ? {} : { 'X-Registry-Auth': auth } })
  const detail = recordDetail(decoded.operation, verdict)
  expect(textOf(detail.text((value) => `${value.length} ${value}`, Infinity))).toBe(expected)
})

test('a create is recorded as ever', () => {
  const Labels = { Env: 'x', log: 'y', registryAuth: 'z' }
  const { decoded, verdict } = ask({
    line: 'POST /containers/create?name=abc',
    body: {
      Image: 'alpine',
      Env: ['A=b'],
      Labels,
      HostConfig: { LogConfig: { Config: { 'max-size': '1m', t: 's' } } },
    },
  })
  const text = textOf(recordDetail(decoded.operation, verdict).text((value) => `${value.length}`, Infinity))
  // A label is not a secret, whatever it is called.
  expect(text).toBe(
    '{"kind":"container.create","word":"abc","name":"abc","image":"alpine","config":{"Env":["A=<1>"],"Labels":{"Env":"x","log":"y","registryAuth":"z"}},"host":{},"mounts":[],"volumesFrom":[],"ports":[],"network":{"mode":"default"},"endpoints":[],"links":[],"pid":{"mode":"default"},"ipc":{"mode":"default"},"limits":{},"ulimits":[],"addCapabilities":[],"securityOptions":[],"restart":{"name":"","retries":0},"log":{"driver":"","options":{"max-size":"1m","t":"<1>"}}}',
  )
})

describe('secrets', () => {
  const Env = Array.from({ length: 1000 }, (_, index) => `A${index}=hidden`)
  const { decoded, verdict } = ask({ line: 'POST /containers/create', body: { Image: 'alpine', Env } })
  const detail = recordDetail(decoded.operation, verdict)

  test('are hashed one in a step, when it is known how long the entry will be', () => {
    const hash = vi.fn<Hash>(() => '0123456789ab')
    const steps = detail.text(hash, Infinity)
    if (typeof steps === 'string') throw new Error('nothing is hashed')
    steps.next()
    expect(hash).toHaveBeenCalledTimes(0)
    for (const count of [1, 2, 3]) {
      steps.next()
      expect(hash).toHaveBeenCalledTimes(count)
    }
    const text = allOf(steps)
    expect(hash).toHaveBeenCalledTimes(1000)
    expect(text).toContain('A999=<0123456789ab>')
    expect(Buffer.byteLength(text)).toBe(detail.size)
  })

  test('that there is no room for are not hashed', () => {
    const hash = vi.fn<Hash>(() => '0123456789ab')
    expect(textOf(detail.text(hash, 4000)).slice(0, 4000)).not.toContain('---')
    expect(hash.mock.calls.length).toBeLessThan(400)
  })
})
