import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { walk } from '../files/walk.ts'
import { Pins } from './pins.ts'

let host = ''
let states: string[] = []
beforeEach(() => {
  host = fs.mkdtempSync(join(tmpdir(), 'dockgate-pins-'))
  states = []
})
afterEach(() => {
  for (const each of states) {
    const places = placesOf(each)
    for (const claim of fs.existsSync(places) ? fs.readdirSync(places) : [])
      for (const name of fs.readdirSync(join(places, claim)))
        if (!name.endsWith('.origin')) execFileSync('umount', ['--lazy', join(places, claim, name)])
    fs.rmSync(places, { recursive: true, force: true })
  }
  fs.rmSync(host, { recursive: true })
})

const placesOf = (text: string): string =>
  join('/run/dockgate-binds', createHash('sha256').update(text).digest('hex').slice(0, 12))

function state(id: string, written = `${host}/${id}`): { readonly id: string; readonly written: string } {
  const own = `${host} ${id}`
  states.push(own, written)
  return { id: own, written }
}

async function pin(pins: Pins, claim: string): Promise<string> {
  const source = join(host, claim)
  fs.mkdirSync(source)
  fs.writeFileSync(join(source, 'kept'), '')
  const place = await walk(source)
  try {
    return await pins.pin(claim, 0, source, place.found)
  } finally {
    await place.found.close()
  }
}

test('what is held is found again by the state directory itself, however its path is written', async () => {
  const place = await pin(await Pins.open(state('one', '/var/lib/dockgate')), 'claim')
  const again = await Pins.open(state('one', './dockgate/'))
  expect(again.originOf(place)).toBe(join(host, 'claim'))
  await again.releaseOthers(() => false)
  expect(fs.existsSync(place)).toBe(false)
  expect(fs.existsSync(join(host, 'claim', 'kept'))).toBe(true)
})

test('gates with the same path of another state directory share nothing', async () => {
  const one = await Pins.open(state('one', '/var/lib/dockgate'))
  const place = await pin(one, 'claim')
  const other = await Pins.open(state('other', '/var/lib/dockgate'))
  expect(other.originOf(place)).toBeUndefined()
  await other.releaseOthers(() => false)
  expect(fs.existsSync(join(place, 'kept'))).toBe(true)
  await one.release('claim')
})

test('what an earlier version held by the path as it was written is found, and let go of', async () => {
  const written = `${host}/state`
  const old = join(placesOf(written), 'old')
  const source = join(host, 'source')
  fs.mkdirSync(source)
  fs.mkdirSync(join(old, '0'), { recursive: true, mode: 0o700 })
  fs.writeFileSync(join(old, '0.origin'), source)
  execFileSync('mount', ['--bind', source, join(old, '0')])
  const pins = await Pins.open(state('one', written))
  expect(pins.originOf(join(old, '0'))).toBe(source)
  const place = await pin(pins, 'new')
  await pins.releaseOthers((claim) => claim === 'new')
  expect(fs.existsSync(old)).toBe(false)
  expect(pins.originOf(place)).toBe(join(host, 'new'))
  await pins.release('new')
})

test('nobody else learns for whom something is held', async () => {
  const pins = await Pins.open(state('one'))
  const place = await pin(pins, 'claim')
  expect(fs.statSync(join(place, '..', '..')).mode & 0o777).toBe(0o700)
  await pins.release('claim')
})

test('what another container mounts too is held until both are gone, also by the next gate', async () => {
  const own = state('one')
  const before = await Pins.open(own)
  const place = await pin(before, 'first')
  await before.share('second', place)
  await before.share('third', place)
  const pins = await Pins.open(own)
  await pins.releaseOthers((claim) => claim !== 'first')
  await pins.release('third')
  expect(fs.readdirSync(join(place, '..'))).toEqual(['0', '0.origin', 'second.shared'])
  expect(fs.existsSync(join(place, 'kept'))).toBe(true)
  await pins.release('second')
  expect(fs.existsSync(join(place, '..'))).toBe(false)
  await expect(pins.share('fourth', place)).rejects.toThrow('is gone')
})

test('a place that can’t be removed keeps no others', async () => {
  const pins = await Pins.open(state('one'))
  const [first, second] = [await pin(pins, 'a'), await pin(pins, 'b')]
  fs.mkdirSync(join(first, '..', 'foreign', 'full'), { recursive: true })
  await expect(pins.releaseOthers(() => false)).rejects.toThrow('ENOTEMPTY')
  expect([pins.originOf(second), fs.existsSync(second)]).toEqual([undefined, false])
  fs.rmSync(join(first, '..'), { recursive: true })
})

test('a container that is being made while others are let go of keeps what is held for it', async () => {
  const pins = await Pins.open(state('one'))
  const there = new Set<string>()
  const releasing = pins.releaseOthers((claim) => there.has(claim))
  there.add('new')
  const place = await pin(pins, 'new')
  await releasing
  expect(fs.existsSync(join(place, 'kept'))).toBe(true)
  await pins.release('new')
})
