/** Lines of a stream of JSON lines, without holding more of it than one line. */

const LONGEST_LINE = 2 ** 20

/** @throws {RangeError} for a line over 1 MiB */
export async function* splitLines(stream: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('lines are split from bytes')
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new RangeError('a line is longer than 1 MiB')
    for (const line of lines) if (line.trim() !== '') yield line
  }
}
