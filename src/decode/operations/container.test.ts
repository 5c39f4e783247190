import { describe, expect, test } from 'vitest'
import { decodeRequest } from '../../../test/cases/world.ts'

/** What a request is, why it is none, and what is found in it. */
function read(line: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const { operation, findings } = decodeRequest({ line, body, headers })
  return {
    operation,
    parameters: 'parameters' in operation ? operation.parameters : undefined,
    why: operation.kind === 'malformed' ? operation.why : undefined,
    found: findings.map(({ what }) => what),
  }
}

const escaped = encodeURIComponent

describe('the name of a new container', () => {
  const rename = (name: string) => read(`POST /containers/web/rename?name=${escaped(name)}`)

  test.each([
    ['db', 'db'],
    ['/db', 'db'],
    ['Web_1.x-y', 'Web_1.x-y'],
    ['', undefined],
    ['/', undefined],
    ['a'.repeat(255), 'a'.repeat(255)],
  ])('%.20j is read', (written, name) => {
    expect(rename(written)).toMatchObject({ parameters: { name }, why: undefined })
  })

  test.each(['a', '-db', '.db', 'd b', 'db!', '!db', 'a/b', '//db', 'db\u00e9', 'a'.repeat(256)])(
    '%.20j is refused',
    (written) => {
      expect(rename(written).why).toBe('name is no container name')
    },
  )

  test('may not look like the start of an id', () => {
    expect(rename('0123456789ab').found).toEqual(['name = 0123456789ab'])
    expect(rename('0123456789a').found).toEqual([])
    expect(rename('0123456789ag').found).toEqual([])
  })
})

describe('a container in a path', () => {
  test.each([
    ['GET /containers/web/json', 'web'],
    ['GET /containers/%2Fweb/json', 'web'],
    ['GET /containers/a%2Fb/json', 'a/b'],
    ['GET /containers/%2Fa%2Fb/json', 'a/b'],
  ])('%s is %s', (line, container) => {
    expect(read(line).operation).toMatchObject({ kind: 'container.inspect', container })
  })
})

describe('a signal', () => {
  const kill = (name: string) => read(`POST /containers/web/kill?signal=${escaped(name)}`)

  test.each(['9', 'TERM', 'SIGTERM', 'sigkill', 'SIGRTMIN+15', 'RTMAX-1', 'SIGABCDEFGHIJKL'])(
    '%s is read',
    (signal) => {
      expect(kill(signal)).toMatchObject({ parameters: { signal }, why: undefined })
    },
  )
  test('that is empty is none', () => {
    expect(kill('')).toMatchObject({ parameters: { signal: undefined }, why: undefined })
  })
  test.each([' KILL', 'KILL ', 'KILL;x', '_KILL', 'KILL_', 'SIGABCDEFGHIJKLM'])('%j is none', (signal) => {
    expect(kill(signal).why).toBe('signal is no signal')
  })
})

describe('a stop', () => {
  test.each([
    ['', undefined],
    ['0', 0],
    ['600', 600],
  ])('may wait %j seconds', (written, t) => {
    expect(read(`POST /containers/web/stop?t=${written}`)).toMatchObject({ parameters: { t }, found: [] })
  })
  test.each(['-1', '601'])('may not wait %s seconds', (written) => {
    expect(read(`POST /containers/web/restart?t=${written}`).found).toEqual([`t = ${written}`])
  })
})

describe('columns of ps', () => {
  const top = (words: string) => read(`GET /containers/web/top?ps_args=${escaped(words)}`)

  test.each(['', '-ef', '-e', '-f', 'aux', '-aux', '-o pid,cmd', '-eo pid,user', '-opid'])(
    '%j are read',
    (words) => {
      expect(top(words)).toMatchObject({ parameters: { ps_args: words }, why: undefined })
    },
  )
  test.each(['-A', 'auxe', 'aux e', '-o pid=x', '-o pid ', ' -o pid', '-o pid,', '-o PID', '-C x', 'eww'])(
    '%j are refused',
    (words) => {
      expect(top(words).why).toBe('ps_args must be -ef, aux or -o COLUMN,COLUMN')
    },
  )
})

describe('a wait', () => {
  test.each(['not-running', 'next-exit', 'removed'])('may be for %s', (condition) => {
    expect(read(`POST /containers/web/wait?condition=${condition}`).parameters).toEqual({ condition })
  })
  test('for nothing is one until it ends', () => {
    expect(read('POST /containers/web/wait?condition=')).toMatchObject({
      parameters: { condition: undefined },
      why: undefined,
    })
  })
  test('may be for nothing else', () => {
    expect(read('POST /containers/web/wait?condition=now').why).toBe(
      'condition must be one of not-running, next-exit, removed',
    )
  })
})

describe('an attach', () => {
  test('says whether it takes over the connection', () => {
    const line = 'POST /containers/web/attach?stream=1'
    expect(read(line, undefined, { Upgrade: 'tcp' }).operation).toMatchObject({ upgrade: true })
    expect(read(line).operation).toMatchObject({ upgrade: false, container: 'web' })
  })

  const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
  const HANDSHAKE = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
  }
  const open = (changed: Readonly<Record<string, string>>, without = '') =>
    read(
      'GET /containers/%2Fweb/attach/ws?stdin=1&logs=0',
      undefined,
      Object.fromEntries(Object.entries({ ...HANDSHAKE, ...changed }).filter(([name]) => name !== without)),
    )

  test.each<Readonly<Record<string, string>>>([
    {},
    { Connection: 'keep-alive,UPGRADE' },
    { Connection: 'keep-alive ,  upgrade , x' },
    { Connection: ' upgrade ' },
    { Upgrade: 'WebSocket' },
    { Origin: '' },
    { 'Sec-WebSocket-Protocol': 'chat', 'Sec-WebSocket-Extensions': 'permessage-deflate' },
  ])('by a WebSocket is asked for by %j', (changed) => {
    expect(open(changed)).toMatchObject({
      operation: {
        kind: 'container.attach-ws',
        container: 'web',
        key: KEY,
        parameters: { stdin: true, logs: false },
      },
      found: [],
    })
  })

  test.each([
    [{ Connection: 'close' }, ''],
    [{ Connection: 'upgraded' }, ''],
    [{ Upgrade: 'tcp' }, ''],
    [{}, 'Connection'],
    [{}, 'Upgrade'],
  ])('by a WebSocket is not asked for by %j without %j', (changed, without) => {
    expect(open(changed, without).why).toContain('Connection: Upgrade and Upgrade: websocket are missing')
  })

  test.each([
    [{ 'Sec-WebSocket-Version': '8' }, ''],
    [{ 'Sec-WebSocket-Key': KEY.slice(1) }, ''],
    [{ 'Sec-WebSocket-Key': `a${KEY}` }, ''],
    [{ 'Sec-WebSocket-Key': `${KEY}=` }, ''],
    [{ 'Sec-WebSocket-Key': KEY.replace('Q==', 'R==') }, ''],
    [{ 'Sec-WebSocket-Key': KEY.replace('d', '-') }, ''],
    [{}, 'Sec-WebSocket-Key'],
    [{}, 'Sec-WebSocket-Version'],
  ])('by a WebSocket has a key and a version, not %j without %j', (changed, without) => {
    expect(open(changed, without).why).toContain('no key of 16 bytes, or is not of version 13')
  })

  test('by a WebSocket is not for a web page', () => {
    expect(open({ Origin: 'null' }).found).toEqual(['header Origin'])
  })
})

describe('a path in a container', () => {
  test.each([
    ['etc', '/etc'],
    ['/etc/', '/etc/'],
    ['.', '/.'],
  ])('%j is %j', (written, path) => {
    expect(read(`GET /containers/web/archive?path=${written}`).parameters).toEqual({ path })
    expect(read(`PUT /containers/web/archive?path=${written}`).parameters).toEqual({ path })
  })
  test('is not empty', () => {
    expect(read('HEAD /containers/web/archive?path=').why).toBe('path must be a path in the container')
  })
})

describe('a program in a container', () => {
  const exec = (body: object) => read('POST /containers/web/exec', body)

  test.each([
    [{ Cmd: 'ls' }, ['ls']],
    [{ Cmd: ['ls', ''] }, ['ls', '']],
    [{ Cmd: ['ls'], Container: '' }, ['ls']],
    [{ Cmd: ['ls'], Container: 'web', Detach: true }, ['ls']],
  ])('is named by %j', (body, argv) => {
    const { operation } = exec(body)
    expect(operation).toMatchObject({ kind: 'container.exec', container: 'web', argv })
    expect(operation).not.toMatchObject({ body: { Container: expect.anything() } })
    expect(operation).not.toMatchObject({ body: { Detach: expect.anything() } })
  })

  test.each([{}, { Cmd: null }, { Cmd: [] }, { Cmd: [''] }, { Cmd: '' }, { Cmd: ['', 'ls'] }])(
    'is not named by %j',
    (body) => {
      expect(exec(body).why).toBe('Cmd must name a program')
    },
  )

  test('runs where the path says', () => {
    expect(exec({ Cmd: ['ls'], Container: 'db' }).why).toBe(
      'Container: "db" is not the container of the path',
    )
  })

  test('is started with a body', () => {
    expect(read('POST /exec/abc/start', { Detach: true, Tty: false }).operation).toEqual({
      kind: 'exec.start',
      exec: 'abc',
      body: { Detach: true, Tty: false },
    })
    expect(read('POST /exec/abc/start', { User: 'root' }).found).toEqual(['User'])
  })
})

describe('a commit', () => {
  const commit = (query: string, body?: object) => read(`POST /commit?${query}`, body)

  test('names a container, and the configuration of the image', () => {
    const { operation } = commit('container=%2Fweb&repo=a&tag=1&pause=0', { Image: 'x', Cmd: ['sh'] })
    expect(operation).toEqual({
      kind: 'container.commit',
      container: 'web',
      parameters: { repo: 'a', tag: '1', pause: false },
      config: { Cmd: ['sh'] },
    })
    expect(commit('container=web').operation).toMatchObject({ config: {} })
  })

  test.each(['repo=a', 'container=', 'container=&repo=a'])('of nothing (%s) is refused', (query) => {
    expect(commit(query).why).toBe('container must name a container')
  })

  test.each([
    ['', undefined],
    ['1', true],
    ['no', false],
  ])('with pause=%s pauses: %s', (written, pause) => {
    expect(commit(`container=web&pause=${written}`).parameters).toStrictEqual({ pause })
  })

  test('has the volumes and the checks of a create', () => {
    expect(commit('container=web', { Volumes: { a: {} } }).why).toBe('Volumes: "a" is no absolute path')
    expect(commit('container=web', { Healthcheck: { Interval: 1 } }).found).toEqual([
      'Healthcheck.Interval = 1',
    ])
  })
})

test('an update says what is wrong by its field alone', () => {
  expect(read('POST /containers/web/update', { Memory: 'x' }).why).toBe('Memory must be a whole number')
  expect(read('POST /containers/web/update', { Devices: ['x'] }).found).toHaveLength(1)
})
