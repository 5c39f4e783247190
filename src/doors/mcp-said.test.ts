import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { lineTeller } from './mcp-said.ts'

function hear(): { readonly stream: PassThrough; readonly told: string[] } {
  const stream = new PassThrough()
  const told: string[] = []
  lineTeller((line) => told.push(line))(stream)
  return { stream, told }
}

describe("what a worker's process says", () => {
  test('is told line by line, also where a line comes in parts, and the last has no end', async () => {
    const { stream, told } = hear()
    for (const part of ['one\ntw', 'o\r\n\n', 'three']) {
      stream.write(part)
      await turn()
    }
    stream.end()
    await turn()
    expect(told).toEqual(['one', 'two', 'three'])
  })

  test('is text: no escape sequence, no byte of another line', async () => {
    const { stream, told } = hear()
    stream.write('a\u001b]0;title\u0007b\rdockgate: engine lost\u009b2J\n')
    await turn()
    expect(told).toEqual(['a\\x1b]0;title\\x07b\\x0ddockgate: engine lost\\xc2\\x9b2J'])
  })

  test('is little: of a long line the beginning, of many lines the first', async () => {
    const { stream, told } = hear()
    for (let count = 0; count < 100; count += 1) {
      stream.write('x'.repeat(60_000))
      await turn()
    }
    stream.write(`\n${'y\n'.repeat(30_000)}`)
    for (let count = 0; count < 100; count += 1) {
      stream.write('z\n'.repeat(30_000))
      await turn()
    }
    expect(told).toEqual([`${'x'.repeat(397)}...`, ...Array<string>(9).fill('y')])
  })

  test('is as little in all, from however many streams it comes', async () => {
    const told: string[] = []
    const hearFrom = lineTeller((line) => told.push(line))
    for (const word of ['one', 'two', 'three']) {
      const stream = new PassThrough()
      hearFrom(stream)
      stream.end(`${word}\n`.repeat(7))
      await turn()
    }
    expect(told).toEqual([...Array<string>(7).fill('one'), ...Array<string>(3).fill('two')])
  })

  test('is read on where it is not told, but slowly', async () => {
    const { stream, told } = hear()
    stream.write('x\n'.repeat(20))
    await turn()
    stream.write('y')
    await turn()
    expect(stream.isPaused()).toBe(true)
    await expect.poll(() => stream.isPaused()).toBe(false)
    expect(told).toHaveLength(10)
  })
})
