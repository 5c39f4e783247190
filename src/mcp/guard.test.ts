import { describe, expect, test } from 'vitest'
import { digestOf, reject } from './guard.ts'

const lock = { port: 8377, digest: digestOf('the-token') }
const good = { host: '127.0.0.1:8377', origin: undefined, authorization: 'Bearer the-token' }

describe('a request over HTTP', () => {
  test.each([
    good,
    { ...good, host: 'localhost:8377' },
    { ...good, host: '[::1]:8377' },
    { ...good, origin: 'http://localhost:3000' },
    { ...good, origin: 'https://127.0.0.1' },
    { ...good, origin: 'http://[::1]:5' },
    { ...good, authorization: 'bearer the-token' },
  ])('comes in: %o', (presented) => {
    expect(reject(presented, lock)).toBeUndefined()
  })

  test.each([
    ...[
      'evil.example',
      '127.0.0.1',
      '127.0.0.1:8378',
      'localhost.evil.example:8377',
      '127.0.0.1:8377.evil',
      '',
      undefined,
    ].map((host) => ({ ...good, host })),
    ...[
      'http://evil.example',
      'null',
      '',
      'http://localhost.evil.example',
      'http://localhost:80@evil.example',
      'http://127.0.0.1.evil.example',
      'file://localhost',
      'http://localhost/x',
    ].map((origin) => ({ ...good, origin })),
  ])('is refused for where it comes from: %o', (presented) => {
    expect(reject(presented, lock)).toMatchObject({ status: 403 })
  })

  test.each([undefined, '', 'the-token', 'Basic the-token', 'Bearer', 'Bearer  ', 'Bearer the token'])(
    'is asked for a token instead of %j',
    (authorization) => {
      const challenge = 'Bearer realm="dockgate"'
      expect(reject({ ...good, authorization }, lock)).toMatchObject({ status: 401, challenge })
    },
  )

  test.each(['Bearer the-toke', 'Bearer the-token2', 'Bearer THE-TOKEN'])(
    'does not come in by %s',
    (authorization) => {
      expect(reject({ ...good, authorization }, lock)).toMatchObject({
        status: 401,
        challenge: expect.stringContaining('invalid_token'),
      })
    },
  )
})
