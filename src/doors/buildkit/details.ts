/** What goes along with an error of BuildKit's for programs: which line of a Dockerfile it is about, and which step. */
import { bytes, int32, text } from '../../decode/protobuf/kinds.ts'
import { given, message, several } from '../../decode/protobuf/message.ts'
import { WireError } from '../../decode/protobuf/wire.ts'
import { objectOf } from '../../shared/json-value.ts'

const detail = message('Any', { type_url: given(1, text), value: given(2, bytes) })
/** google/rpc/status.proto. */
const status = message('Status', {
  code: given(1, int32),
  message: given(2, text),
  details: several(3, detail),
})

/** Those that are told, with what is told of them: BuildKit writes them as JSON (solver/errdefs, util/grpcerrors). */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  'github.com/moby/buildkit/errdefs.Source+json': ['info', 'ranges'],
  'github.com/moby/buildkit/errdefs.Vertex+json': ['digest'],
  'github.com/moby/buildkit/errdefs.Subrequest+json': ['name'],
  'github.com/moby/buildkit/errdefs.FrontendCap+json': ['name'],
}
const OF_FILES = ['filename', 'data', 'language']

/** The details that are known; undefined where they can't be read. @param tell tells a text in the worker's words */
export function knownDetails(details: Buffer, tell: (text: string) => string): Buffer | undefined {
  try {
    const read = status.decode(details, { findings: [], unknown: 'left out' })
    const known = read.details.flatMap(({ type_url, value }) => {
      const fields = Object.hasOwn(TOLD, type_url) ? TOLD[type_url] : undefined
      return fields === undefined ? [] : [{ type_url, value: toldOf(value, fields) }]
    })
    return status.encode({ code: read.code, message: tell(read.message), details: known })
  } catch (cause) {
    if (cause instanceof WireError || cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** @throws {SyntaxError} */
function toldOf(value: Buffer, fields: readonly string[]): Buffer {
  const read = Object.entries(objectOf(JSON.parse(value.toString())))
  const known = read
    .filter(([name]) => fields.includes(name))
    .map(([name, one]) => (name === 'info' ? [name, fileOf(one)] : [name, one]))
  return Buffer.from(JSON.stringify(Object.fromEntries(known)))
}

/** A Dockerfile, without the graph that it came by. */
function fileOf(value: unknown): object {
  return Object.fromEntries(Object.entries(objectOf(value)).filter(([name]) => OF_FILES.includes(name)))
}
