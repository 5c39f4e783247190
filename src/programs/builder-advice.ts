/** What the docker CLI says before a build by the classic builder: to use BuildKit, which lines over SSH and MCP do not have. So it is left out. */
import { Transform, type Readable } from 'node:stream'

const BEGINNING = 'DEPRECATED: The legacy builder is deprecated'
/** Bytes in which its end must come. */
const LONGEST = 1_000

/** Whether the words behind `docker` may begin a build, before which the CLI says it. */
export function beginsBuild(words: readonly string[]): boolean {
  return words.includes('build')
}

/** The CLI's standard error without the advice that it begins with, if it does. */
export function withoutBuilderAdvice(stderr: Readable): Readable {
  let held: Buffer | undefined = Buffer.alloc(0)
  const rest = new Transform({
    transform(chunk: Buffer, _, done) {
      if (held === undefined) return done(null, chunk)
      held = Buffer.concat([held, chunk])
      const passed = afterAdvice(held)
      if (passed !== undefined) held = undefined
      done(null, passed)
    },
    flush: (done) => done(null, held),
  })
  stderr.once('error', (cause) => rest.destroy(cause))
  return stderr.pipe(rest)
}

/** What follows the advice, or all where there is none; undefined as long as that can't be told. */
function afterAdvice(text: Buffer): Buffer | undefined {
  const begins = text.toString('latin1', 0, BEGINNING.length)
  if (!BEGINNING.startsWith(begins)) return text
  const end = text.indexOf('\n\n')
  if (end !== -1) return text.subarray(end + 2)
  return text.length > LONGEST ? text : undefined
}
