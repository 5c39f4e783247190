/** Lines of a stream of JSON lines, without holding more of it than one line. */

/** Characters of a line; labels make events long. */
const LONGEST_LINE = 4 * 2 ** 20

/** Lines that are not empty. One that is too long is left out, so that nobody can end the stream by it. */
export async function* splitLines(
  stream: AsyncIterable<unknown>,
  longest = LONGEST_LINE,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let tooLong = false
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('lines are split from bytes')
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    // What is left of a line that was cut ends with the next line break.
    if (tooLong && lines.length > 0) {
      lines.shift()
      tooLong = false
    }
    if (rest.length > longest || tooLong) {
      rest = ''
      tooLong = true
    }
    for (const line of lines) if (line.trim() !== '') yield line
  }
}
