/** Names of images, Dockerfiles and the policy. */
import { familiarReference, fullReference, parseReference } from '../../../src/decode/reference.ts'
import { checkDockerfile } from '../../../src/decide/dockerfile/check.ts'
import { writeDockerfile } from '../../../src/decide/dockerfile/write.ts'
import { parsePolicy } from '../../../src/policy/parse.ts'
import { formatProblems } from '../../../src/policy/problem.ts'
import { allOf } from '../../support/share.ts'
import { bare, hold, type Target } from './target.ts'

export const reference: Target = {
  words: [
    ...'/:@.-_'.split(''),
    'docker.io',
    'library',
    'localhost',
    `@sha256:${'a'.repeat(64)}`,
    ':5000',
    'A',
    '__',
    '\xff',
  ],
  seeds: [
    'alpine',
    'ghcr.io/acme/app:1.2',
    `a@sha256:${'0'.repeat(64)}`,
    'localhost:5000/a/b',
    'docker.io/library/x:y',
  ],
  read: (bytes) => {
    const text = bytes.toString('latin1')
    const parsed = parseReference(text)
    if (parsed === undefined) return 'no reference'
    const full = fullReference(parsed)
    hold(
      JSON.stringify(parseReference(full)) ===
        JSON.stringify({
          ...parsed,
          tag: parsed.tag ?? (parsed.digest === undefined ? 'latest' : undefined),
        }) || JSON.stringify(parseReference(full)) === JSON.stringify(parsed),
      'the full form of a reference is the same reference',
    )
    hold(
      parseReference(familiarReference(parsed))?.name === parsed.name,
      'the familiar form has the same name',
    )
    return `${Math.min(parsed.name.split('/').length, 4)} parts, ${parsed.tag === undefined ? 'no' : 'a'} tag, ${parsed.digest === undefined ? 'no' : 'a'} digest`
  },
}

export const dockerfile: Target = {
  words: [
    '\n',
    '\r\n',
    '\\\n',
    'FROM ',
    'ARG ',
    'COPY --from=',
    'ADD ',
    'RUN --mount=from=',
    ' AS ',
    '$A',
    '${A:-b}',
    '# escape=`\n',
    '# syntax=x\n',
    '<<EOF',
    'ONBUILD ',
    '--platform=',
    'http://x',
    '"',
    '[',
    '\u0000',
    '\xc2\xa0',
    'scratch',
  ],
  seeds: [
    'FROM alpine\nRUN a\nCOPY . /\n',
    'ARG A=alpine\nFROM $A AS b\nCOPY --from=b /x /y\n',
    'FROM scratch\nADD ["a","b"]\n',
    'FROM alpine \\\n AS x\n# c\nFROM x\n',
  ],
  read: (bytes) => {
    const options = { buildArgs: new Map([['A', 'alpine']]), target: '' }
    const patterns = ['docker.io/library/*']
    const { violations, instructions } = allOf(checkDockerfile(bytes.toString(), patterns, options))
    if (violations.length === 0) {
      const froms = instructions.filter((one) => one.kind === 'from')
      const images = froms.filter(({ image }) => image !== undefined)
      const ids = new Map(images.map((from) => [from, 'busybox:pinned']))
      const [first = '', ...rest] = writeDockerfile(instructions, ids, new Map(), 'w').split(OWN_LABEL)
      hold(rest.length === froms.length, 'what is sent has the label of the gate for each FROM')
      const again = allOf(checkDockerfile([first, ...rest].join(''), patterns, options))
      hold(again.violations.length === 0, 'what is sent passes too')
      hold(again.instructions.length === instructions.length, 'what is sent has the same instructions')
    }
    return (
      violations
        .map(({ why }) => bare(why))
        .slice(0, 2)
        .join(', ') || 'allowed'
    )
  },
}

/** Nobody but the gate may write it. */
const OWN_LABEL = 'LABEL dockgate.claim="" dockgate.worker="w"\n'

export const policy: Target = {
  words: [
    '\n',
    '  ',
    ': ',
    '- ',
    '&a ',
    '*a',
    '!!binary ',
    '<<: ',
    '|',
    '>-',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '#',
    '---\n',
    'workers:',
    'docker:',
    'allow:',
    'reach:',
    'run:',
    'binds:',
    'path: /srv',
    'memory: 1g',
    '\t',
    '? ',
    '__proto__: 1',
    '\xe2\x80\xae',
  ],
  seeds: [
    'version: 1\nworkers:\n  a:\n    socket: /run/d/a.sock\n    docker:\n      allow: [ps, run]\n      reach:\n        web: [logs]\n      run:\n        images: [docker.io/library/*]\n        binds:\n          - { path: /srv/a, mode: rw }\n        limits: { memory: 1g, cpus: 1, pids: 10 }\n',
    'a: &x [1]\nb: *x\n',
    '{"version":1}',
    'version: 2\nworkers: {}\n',
  ],
  read: (bytes) => {
    const text = bytes.toString()
    const parsed = parsePolicy(text, 'policy.yaml')
    if ('policy' in parsed) return `a policy of ${parsed.policy.workers.length}`
    hold(parsed.problems.length > 0, 'what is no policy has a problem')
    formatProblems(parsed.problems)
    return parsed.problems
      .slice(0, 1)
      .map(({ message }) => bare(message))
      .join()
  },
}
