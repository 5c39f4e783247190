/** Links: other containers, each by a name that this one alone finds it by. */
import { FieldError } from '../fields.ts'

export interface Link {
  /** The other container, as the client names it. */
  readonly container: string
  /** Undefined where that is the name. */
  readonly alias: string | undefined
}

/** An engine joins the alias to the container's own name as a path, so one with `..` in it would be a name of anybody's (moby, daemon/daemon.go). */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/

/**
 * Reads links as engines do (docker/cli, opts.ParseLink): `NAME`, `NAME:ALIAS`, or as an inspect tells one `/NAME:/OWN-NAME/ALIAS`.
 * @throws {FieldError} for what is none
 */
export function readLinks(written: readonly string[], at: string): readonly Link[] {
  return written.map((link) => {
    const [first = '', second, ...more] = link.split(':')
    const isTold = first.startsWith('/') && second !== undefined
    const container = isTold ? first.slice(1) : first
    const alias = isTold ? second.slice(second.lastIndexOf('/') + 1) : second
    if (more.length > 0 || !NAME.test(container) || (alias !== undefined && !NAME.test(alias)))
      throw new FieldError(`${at}: ${JSON.stringify(link)} is not NAME or NAME:ALIAS`)
    return { container, alias }
  })
}
