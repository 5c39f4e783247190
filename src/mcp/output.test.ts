import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import { MOST_KEPT, Output } from './output.ts'

async function gathered(
  ...chunks: readonly (string | Uint8Array)[]
): Promise<{ readonly output: Output; readonly heard: readonly string[] }> {
  const heard: string[] = []
  const output = new Output((line) => heard.push(line))
  const stream = new PassThrough()
  output.from(stream)
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await finished(stream)
  return { output, heard }
}

describe('what a program prints', () => {
  test('is cleaned as whole lines, however it is cut', async () => {
    const { output } = await gathered(
      'a\x1b[3',
      '1mred\x1b',
      '[0m\nb',
      Buffer.from([0xe2, 0x80]),
      Buffer.from([0xae]),
      'c\n',
    )
    expect(output).toMatchObject({ text: 'ared\nbc\n', removed: 10, lost: 0 })
  })

  test('is heard line by line, the last of each piece', async () => {
    expect((await gathered('one\ntwo\n', 'thr', 'ee\n', 'open')).heard).toEqual(['two', 'three', 'open'])
  })

  test('is kept up to a limit, and the rest counted', async () => {
    const { output } = await gathered('x'.repeat(MOST_KEPT - 1), 'yz!\n', 'more\n')
    expect(output.text.length).toBe(MOST_KEPT)
    expect(output.text.endsWith('xy')).toBe(true)
    expect(output.lost).toBe(8)
  })
})
