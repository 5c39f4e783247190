import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { givenDescriptors, placeOf } from './descriptors.ts'

describe('descriptors that systemd gave', () => {
  const environment = { LISTEN_PID: '40', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:/run/b' }

  test('are those from 3 on, with their names', () => {
    expect(givenDescriptors(environment, 40)).toEqual([
      { descriptor: 3, name: 'a' },
      { descriptor: 4, name: '/run/b' },
    ])
  })

  test('are none where they are for another process, or there are none', () => {
    expect(givenDescriptors(environment, 41)).toEqual([])
    expect(givenDescriptors({ LISTEN_PID: '40' }, 40)).toEqual([])
    expect(givenDescriptors({ ...environment, LISTEN_FDS: 'x' }, 40)).toEqual([])
    expect(givenDescriptors({}, 40)).toEqual([])
  })

  test('have no names where systemd gave none', () => {
    expect(givenDescriptors({ LISTEN_PID: '40', LISTEN_FDS: '1' }, 40)).toEqual([{ descriptor: 3, name: '' }])
  })
})

describe('where a socket is bound', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-bound-'))
  const path = join(directory, 'with space.sock')
  const server = createServer()
  let descriptor = -1
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const handle: unknown = Reflect.get(server, '_handle')
    if (typeof handle === 'object' && handle !== null) descriptor = Number(Reflect.get(handle, 'fd'))
  })
  afterAll(() => {
    server.close()
    rmSync(directory, { recursive: true })
  })

  test('the kernel says, whatever the unit is called', () => {
    expect(placeOf({ descriptor, name: 'dockgate.socket' })).toEqual({ path })
    expect(placeOf({ descriptor, name: path })).toEqual({ path })
  })

  test('is what its name says where the kernel can’t tell', () => {
    expect(placeOf({ descriptor, name: '/run/a' }, new Map())).toEqual({ path: '/run/a' })
    expect(placeOf({ descriptor, name: 'dockgate.socket' }, new Map())).toEqual({
      unknown: 'its unit needs FileDescriptorName= with the path that it listens on',
    })
  })

  test('is not believed where both say otherwise', () => {
    expect(placeOf({ descriptor, name: '/run/a' })).toEqual({
      unknown: `it is bound to ${path}, and FileDescriptorName= says /run/a`,
    })
  })

  test('is nowhere for what is no socket', () => {
    const file = openSync('/dev/null', 'r')
    expect(placeOf({ descriptor: file, name: 'null' })).toHaveProperty('unknown')
    closeSync(file)
  })
})
