/** Streams of an engine, changed as they come. */
import { Transform } from 'node:stream'
import { parseExact } from '../../src/filter/json-steps.ts'

/** JSON objects line by line. @param before each of them, a byte for json-seq */
export function linesOf(change: (object: unknown) => unknown, before = ''): Transform {
  return byLines((line) => `${before}${JSON.stringify(change(parseExact(line)))}`)
}

function byLines(change: (line: string) => string): Transform {
  const decoder = new TextDecoder()
  let rest = ''
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') this.push(`${change(line)}\n`)
      done()
    },
    flush(done) {
      if (rest.trim() !== '') this.push(`${change(rest)}\n`)
      done()
    },
  })
}

/** Logs that have times in them, as a stream of JSON (daemon/server/httputils/logstream/json_logstream.go). @param before each object */
export function logsAsJson(isFramed: boolean, before = ''): Transform {
  let rest: Buffer = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const taken = isFramed ? frameIn(rest) : lineIn(rest)
        if (taken === undefined) return done()
        rest = rest.subarray(taken.length)
        this.push(`${before}${JSON.stringify(entryOf(taken))}\n`)
      }
    },
  })
}

interface Taken {
  readonly length: number
  readonly source: string
  readonly line: string
}

function lineIn(bytes: Buffer): Taken | undefined {
  const end = bytes.indexOf('\n')
  if (end === -1) return undefined
  return { length: end + 1, source: 'stdout', line: bytes.subarray(0, end).toString() }
}

/** Eight bytes, of which the first is the source and the last four the length. */
function frameIn(bytes: Buffer): Taken | undefined {
  if (bytes.length < 8) return undefined
  const length = 8 + bytes.readUInt32BE(4)
  if (bytes.length < length) return undefined
  const source = bytes[0] === 2 ? 'stderr' : 'stdout'
  return { length, source, line: bytes.subarray(8, length).toString().replace(/\n$/, '') }
}

function entryOf({ source, line }: Taken): unknown {
  const space = line.indexOf(' ')
  return { Line: line.slice(space + 1), Source: source, Timestamp: line.slice(0, space) }
}
