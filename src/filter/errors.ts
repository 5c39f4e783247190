/** What a worker is told of an engine's error: its message, without the ids of objects out of reach, and without where the engine keeps things. */
import { objectOf, textOf } from '../shared/json-value.ts'
import { shorten } from '../shared/refusal.ts'

/** Characters: engines quote what they were asked, however long. */
const LONGEST = 4_000
const ID = /\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g

/**
 * The engine's message, cleaned.
 * @param dataRoot where the engine keeps everything; empty where that is not known
 * @param inReach says whether an id, or its first 12 digits, is of an object that the worker may know of
 */
export function cleanMessage(body: Buffer, dataRoot: string, inReach: (id: string) => boolean): string {
  const message = withoutDataRoot(withoutTargets(plainly(messageOf(body))), dataRoot)
  return shorten(message, LONGEST).replace(ID, (id) => (inReach(id) ? id : '...'))
}

/** What an engine says where it lacks the program of --init, which is searched on the host by name (moby, daemon/oci_linux.go). */
const NO_INIT = /exec: "[^"]*(?:docker-init|catatonit|tini)[^"]*": executable file not found in \$PATH/

/** A message that says what is missing where the engine's own does not. */
function plainly(message: string): string {
  if (!NO_INIT.test(message)) return message
  return `the engine has no init of its own (docker-init), which --init asks for: leave --init out, or have the operator install it (${message})`
}

/**
 * What an engine says where a part of a volume or an image is not to be mounted (moby, internal/safepath): it follows the links in it on the
 * host, and tells where they lead to, and what is there.
 */
const NO_PART =
  /(?:cannot access path |path concatenation escapes the base directory|error while resolving symlinks in (?:base directory|combined path) )[^\n]*/g
export const PART_MISSING = 'the subpath is missing, or leads elsewhere'

/** A text of an engine's about a container, that tells nothing of what links in its volumes lead to. */
export function withoutTargets(text: string): string {
  return text.replace(NO_PART, PART_MISSING)
}

/** Where an engine keeps things is told to nobody. @param dataRoot empty where that is not known */
export function withoutDataRoot(text: string, dataRoot: string): string {
  return dataRoot === '' ? text : text.replaceAll(dataRoot, '...')
}

function messageOf(body: Buffer): string {
  const text = body.toString()
  try {
    return textOf(objectOf(JSON.parse(text))['message'])
  } catch (cause) {
    if (cause instanceof SyntaxError) return text.slice(0, 500)
    throw cause
  }
}
