import { expect, test } from 'vitest'
import { describeDifferences, differences } from './differences.ts'
import { parsePolicy } from './parse.ts'

function policy(text: string) {
  const parsed = parsePolicy(`version: 1\nworkers:\n${text}`, 'policy.yaml')
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.policy
}

const one = (docker: string) => policy(`  a: { socket: /run/a, docker: { ${docker} } }\n`)

test('what is given otherwise is told item by item, under the heading that it has', () => {
  const before = one('allow: [ps, logs], run: { images: [alpine], limits: { memory: 1g } }')
  const after = one('allow: [ps, cp], run: { images: [alpine, busybox], limits: { memory: 512m } }')
  expect(describeDifferences(differences(before, after))).toBe(`\
worker a
  its own containers, images, networks and volumes
    - logs
    + cp
  images
    + docker.io/library/busybox
  limits
    - each container: memory 1g
    - together: memory 10g
    + each container: memory 512m
    + together: memory 5g
`)
})

test('ranges of ports are told one by one', () => {
  const before = one('allow: [], run: { ports: { range: 20000-20999 } }')
  const after = one(
    'allow: [], run: { ports: [{ range: 20000-20999 }, { address: "0.0.0.0", range: 80 }, { range: 80 }] }',
  )
  expect(describeDifferences(differences(before, after))).toBe(`\
worker a
  published ports
    + 80 on 0.0.0.0
    + 80 on 127.0.0.1
    + without a number: 20000 to 20999 on 127.0.0.1
    + 80 without an address: on 0.0.0.0
`)
})

test('a worker that has come or gone has all or nothing', () => {
  const found = differences(one('allow: [ps]'), policy('  b: { socket: /run/b, docker: { allow: [ps] } }\n'))
  const items = (name: string) =>
    found.filter(({ worker }) => worker === name).map(({ gone, come }) => [gone.length > 0, come.length > 0])
  expect(items('a')).not.toContainEqual([expect.anything(), true])
  expect(items('b')).not.toContainEqual([true, expect.anything()])
  expect([items('a').length > 0, items('b').length > 0]).toEqual([true, true])
})

test('the same policy gives nothing otherwise', () => {
  expect(describeDifferences(differences(one('allow: [ps]'), one('allow: [ps]')))).toBe(
    'nothing is given otherwise\n',
  )
})

test('what is refused for faults of the engine is told', () => {
  const worker = '{ a: { socket: /run/a, docker: { allow: [ps] } } }'
  const before = one('allow: [ps]')
  const parsed = parsePolicy(
    `version: 1\nengine: { refuse_vulnerable: true, accept: [CVE-2025-52881] }\nworkers: ${worker}\n`,
    'policy.yaml',
  )
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
  expect(describeDifferences(differences(before, parsed.policy))).toBe(`\
worker a
  faults that the engine is known to have
    + words by which one leads to the host are refused
    + accepted: CVE-2025-52881
`)
})
