import { describe, expect, test } from 'vitest'
import { growsWithLength } from '../../../test/support/growth.ts'
import { roughWords, withoutSecrets, withoutValues } from './secrets.ts'

/** A line as it is told again. */
const told = (line: string): string => withoutSecrets(roughWords(line), () => '...').join(' ')

describe('a command line is told', () => {
  test.each([
    'docker run -e TOKEN=s3cret busybox',
    'docker run -e=TOKEN=s3cret busybox',
    'docker run -eTOKEN=s3cret busybox',
    'docker run -ite TOKEN=s3cret busybox',
    'docker run -iteTOKEN=s3cret busybox',
    'docker run -ite=TOKEN=s3cret busybox',
    'docker run --env TOKEN=s3cret busybox',
    'docker run --env=TOKEN=s3cret busybox',
    'docker run -e "TOKEN=a s3cret" busybox | cat',
    'docker run -e TOKEN="a s3cret" busybox | cat',
    "docker run -e'TOKEN=a s3cret' busybox",
    "docker run -e $'TOKEN=a s3cret' busybox",
    'docker run -e TOKEN=a\\ s3cret busybox',
    "docker run -e 'TOKEN=a s3cret",
    'docker service update --env-add TOKEN=s3cret web',
    'docker build --build-arg=TOKEN=s3cret .',
    "docker exec web sh -c 'export TOKEN=s3cret; run'",
    'docker login -u me -p s3cret',
    'docker login --password s3cret',
    'docker login --password=s3cret',
    'curl --auth-token s3cret',
    'docker build https://me:s3cret@example.org/a.git',
    'docker build https://me:s3cret@example.org/a.git?b=c',
    "curl -H 'Authorization: Bearer s3cret' example.org",
    "curl -H'X-Api-Key:s3cret' example.org",
    'curl --header "Cookie: a=1; b=s3cret" example.org',
  ])('without the secret in %s', (line) => {
    expect(told(line)).not.toContain('s3cret')
  })

  test.each([
    ['docker run --name=web -p 8080:80 busybox', undefined],
    ['journalctl --since=2h -u nginx', undefined],
    ['docker run -e TOKEN=x --name=web busybox', 'docker run -e TOKEN=... --name=web busybox'],
    ['docker run --env=TOKEN=x busybox', 'docker run --env=TOKEN=... busybox'],
  ])('otherwise as it is: %s', (line, expected) => {
    expect(told(line)).toBe(expected ?? line)
  })

  test.each(['"', "'", '\\', '-e', '=', '://', 'a@', '"\\', '://a', 'key: '])(
    'in work that grows with its length alone: %j over and over',
    (part) => {
      expect(growsWithLength((length) => told(`docker ${part.repeat(length)}`), 30_000)).toBe(true)
    },
  )
})

test('of an environment the names are told, and nothing of the values', () => {
  const list = ['PASSWORD=s3cret', 'OPTIONS=a=b', 'EMPTY=', 'BARE']
  expect(withoutValues(list, (value) => `<${value.length}>`)).toEqual([
    'PASSWORD=<6>',
    'OPTIONS=<3>',
    'EMPTY=<0>',
    'BARE',
  ])
})
