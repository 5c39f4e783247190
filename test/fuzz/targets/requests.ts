/** The parts of a request that a worker sends. */
import { decode, routeOf } from '../../../src/decode/decode.ts'
import { FieldError } from '../../../src/decode/fields.ts'
import { readHeaders } from '../../../src/decode/headers.ts'
import { JsonError, parseJson, type Json } from '../../../src/decode/json.ts'
import { parseQuery, queryFilters } from '../../../src/decode/query.ts'
import { parseTarget, TargetError } from '../../../src/decode/target.ts'
import { bare, declared, hold, type Target } from './target.ts'

function plain(value: Json): unknown {
  if (value instanceof Map) {
    // A key __proto__ is a member as any other.
    return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]))
  }
  return Array.isArray(value) ? value.map(plain) : value
}

export const json: Target = {
  words: [
    ...'{}[],:"\\0-.eE tfn'.split(''),
    'null',
    'true',
    '\\u0000',
    '\\ud800',
    '\\u017f',
    '\xef\xbb\xbf',
    '"a":',
    '"A":1,',
    '[[',
    '1e9',
    '\xc5\xbf',
  ],
  seeds: [
    '{"Image":"a","HostConfig":{"Memory":1,"Binds":["/a:/b"]}}',
    '[1,-0.5e+3,null,true,"\\u00e9\\n"]',
    '{"a":1,"A":2}',
    '"\\ud83d\\ude00"',
  ],
  read: (bytes) =>
    declared(JsonError, () => {
      const value = parseJson(bytes)
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      hold(
        JSON.stringify(plain(value)) === JSON.stringify(JSON.parse(text)),
        'it reads what JSON.parse reads',
      )
      return `read as ${value === null ? 'null' : value instanceof Map ? 'an object' : typeof value}`
    }),
}

export const query: Target = {
  words: [
    ...'&=;+%'.split(''),
    '%00',
    '%2e',
    '%c0%af',
    '%26',
    'filters=',
    '{"name":["a"]}',
    '%7B%22a%22%3A1%7D',
    't=a&t=b',
    '\x80',
  ],
  seeds: ['all=1&filters=%7B%22name%22%3A%5B%22web%22%5D%7D', 'a=1&a=2', 't=a&t=b&q', 'a;b=1', 'x=%zz'],
  read: (bytes) =>
    declared(FieldError, () => {
      const text = bytes.toString('latin1')
      const parameters = parseQuery(text, ['t'])
      // What is read once and written again is read as the same.
      const again = parseQuery(
        [...parameters]
          .flatMap(([name, value]) =>
            (Array.isArray(value) ? value : [value]).map(
              (one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`,
            ),
          )
          .join('&'),
        ['t'],
      )
      hold(JSON.stringify([...again]) === JSON.stringify([...parameters]), 'a query means what it says')
      const filters = parameters.get('filters')
      if (filters === undefined) return `${Math.min(parameters.size, 3)} parameters`
      return `${queryFilters(['name', 'label'])(filters, 'filters')?.size} filters`
    }),
}

export const target: Target = {
  words: [
    ...'/.?%#*:'.split(''),
    '//',
    '/..',
    '/./',
    '%2f',
    '%2e',
    '%00',
    'v1.41',
    'v1.',
    'http://a/',
    'containers',
    'json',
    '\\',
    '\xff',
  ],
  seeds: [
    '/v1.41/containers/web/json?size=1',
    '/images/library%2Falpine/json',
    '/_ping',
    '/v1.24/networks/a',
    '*',
    'http://docker/info',
  ],
  read: (bytes) => {
    const text = bytes.toString('latin1')
    const routed = routeOf('GET', text)
    return declared(TargetError, () => {
      const { segments } = parseTarget(text)
      for (const segment of segments) {
        hold(/^[\x20-\x7e]+$/.test(segment), 'a segment has printable ASCII alone')
        hold(!segment.split('/').some((part) => part === '..' || part === '.'), 'no segment climbs')
      }
      return routed.found ? routed.match.route.id : `not found, ${Math.min(segments.length, 4)} segments`
    })
  },
}

export const headers: Target = {
  words: [
    '\n',
    ': ',
    'Content-Type: application/json',
    'Upgrade: tcp',
    'X-Registry-Auth: e30=',
    'Host: a',
    'X-Surprise: 1',
    'content-type:',
    '\u0000',
    '\xff',
  ],
  seeds: [
    'Host: docker\nContent-Type: application/json',
    'Upgrade: tcp\nConnection: Upgrade',
    'X-Registry-Auth: e30=\nx-registry-auth: e30=',
  ],
  read: (bytes) =>
    declared(FieldError, () => {
      const pairs = bytes
        .toString('latin1')
        .split('\n')
        .flatMap((line) => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1).trim()])
      const findings: { readonly what: string; readonly why: string }[] = []
      const read = readHeaders(pairs, findings)
      return `${Math.min(read.size, 4)} known, ${Math.min(findings.length, 2)} not known`
    }),
}

const ROUTED = [
  'POST /containers/create',
  'POST /containers/web/update',
  'POST /containers/web/exec',
  'POST /exec/a/start',
  'POST /networks/create',
  'POST /networks/a/connect',
  'POST /volumes/create',
  'POST /build?t=a',
  'POST /images/create?fromImage=a',
  'GET /containers/json?all=1',
] as const

export const request: Target = {
  words: [
    ...json.words,
    ...[
      'HostConfig',
      'Binds',
      'Mounts',
      'PortBindings',
      'Ulimits',
      'Tmpfs',
      'NetworkMode',
      'EndpointsConfig',
      'Cmd',
      '/a:/b:ro',
      '80/tcp',
      'container:web',
      '\n',
    ],
  ],
  seeds: [
    'POST /containers/create\n{"Image":"a","Cmd":"x","HostConfig":{"Binds":["/a:/b:ro"],"Mounts":[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":1}}],"PortBindings":{"80/tcp":[{"HostPort":"1-2"}]},"Tmpfs":{"/x":"size=1k,mode=700"},"Ulimits":[{"Name":"nofile","Soft":1,"Hard":2}],"NetworkMode":"container:a","LogConfig":{"Type":"local","Config":{"max-size":"1m"}}},"NetworkingConfig":{"EndpointsConfig":{"a":{"Aliases":["b"]}}}}',
    'POST /containers/web/update\n{"Memory":1,"NanoCpus":1,"RestartPolicy":{"Name":"no"}}',
    'POST /containers/web/exec\n{"Cmd":["a","b"],"Env":["A=1"]}',
    'POST /networks/create\n{"Name":"a","IPAM":{"Config":[]},"Labels":{"a":"b"}}',
    'POST /networks/a/connect\n{"Container":"web","EndpointConfig":{"Aliases":["x"]}}',
    'POST /volumes/create\n{"Name":"v","DriverOpts":{}}',
    'POST /build?t=a&buildargs=%7B%22A%22%3A%221%22%7D\n',
    'POST /images/create?fromImage=alpine&tag=3\n',
    'GET /containers/json?filters=%7B%22name%22%3A%5B%22a%22%5D%7D\n',
  ],
  read: (bytes) => {
    const text = bytes.toString('latin1')
    const line = text.split('\n')[0] ?? ''
    const [method = '', path = ''] = (
      /^[A-Z]+ \//.test(line) ? line : (ROUTED[line.length % ROUTED.length] ?? '')
    ).split(' ')
    const routed = routeOf(method, path)
    if (!routed.found) return 'not found'
    const body =
      routed.match.route.content === 'json' ? bytes.subarray(bytes.indexOf(0x0a) + 1) : Buffer.alloc(0)
    const { operation, findings } = decode(routed.match, {
      rawHeaders: ['Content-Type', 'application/json'],
      body,
    })
    const refusal = operation.kind === 'malformed' ? bare(operation.why) : ''
    return `${operation.kind} ${refusal} ${findings
      .map(({ why }) => bare(why))
      .slice(0, 1)
      .join()}`
  },
}
