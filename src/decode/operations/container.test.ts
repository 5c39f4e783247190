import { describe, expect, test } from 'vitest'
import { read } from '../../../test/support/decoded.ts'

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
      expect(rename(written).why).toBe('name is not a container name')
    },
  )
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
    expect(kill(signal).why).toBe('signal is not a signal')
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

  test.each([
    ...['', '-ef', '-e', '-f', 'aux', '-aux', '-o pid,cmd', '-eo pid,user', '-opid'],
    ...[
      '-o user,pid,args',
      '-eo ppid,uid,gid,pgid,sid,tty,time,etime,vsz,rss,pcpu,pmem,pid,lstart',
      '-o pid,pid',
    ],
  ])('%j are read', (words) => {
    expect(top(words)).toMatchObject({ parameters: { ps_args: words }, why: undefined })
  })
  test.each(['-A', 'auxe', 'aux e', '-o pid=x', '-o pid ', ' -o pid', '-o pid,', '-o PID', '-C x', 'eww'])(
    '%j are refused',
    (words) => {
      expect(top(words).why).toBe('ps_args must be -ef, aux or -o pid,COLUMN')
    },
  )
  test.each([
    ...[
      '-o lstart,pid',
      '-o args,pid',
      '-eo command,pid',
      '-ocmd,pid',
      '-o comm,pid',
      '-o group,pid',
      '-o stat,pid',
    ],
    ...[
      '-o user,args,pid',
      '-o args',
      '-o tgid',
      '-o ppid',
      '-o xpid',
      '-o pidx',
      '-o user,pidns',
      '-o userpid',
    ],
  ])('%j are refused: a word in a value before would be taken for the id of a process', (words) => {
    expect(top(words).why).toBe('ps_args must be -ef, aux or -o pid,COLUMN')
  })
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

test('an update says what is wrong by its field alone', () => {
  expect(read('POST /containers/web/update', { Memory: 'x' }).why).toBe('Memory must be a whole number')
  expect(read('POST /containers/web/update', { Devices: ['x'] }).found).toHaveLength(1)
})
