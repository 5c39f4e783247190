/** LABEL: the gate's own labels tell whose an image is; no Dockerfile writes them. */
import { OWN_LABELS } from '../../shared/labels.ts'

const NAME = String.raw`(?:[^\s"'\\$=]+|"[^"\\$=]*"|'[^'\\$=]*')`
const VALUE = String.raw`(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^'\\]*')*`
/** `NAME=VALUE`, as it can be read in one way only. */
const PAIR = new RegExp(`(${NAME})=${VALUE}(?:[ \\t]+|$)`, 'y')
/** `NAME VALUE`, the value up to the end of the line. */
const LEGACY = /^[^\s"'\\$=]+(?=[ \t]|$)/

/** Why a LABEL could write a label of the gate's; undefined where it can't. @param rest what stands behind the word */
export function wrongLabels(rest: string): string | undefined {
  const names = namesOf(rest)
  const ours = 'labels that start with dockgate. are reserved'
  if (names !== undefined)
    return names.some((name) => unquoted(name).startsWith(OWN_LABELS)) ? ours : undefined
  if (unquoted(rest).includes(OWN_LABELS)) return ours
  return rest.includes('$') ? 'its names are not known before the build' : undefined
}

function unquoted(text: string): string {
  return text.replaceAll(/["'\\]/g, '').toLowerCase()
}

/** Names as they are written; undefined where they can't be read for sure. */
function namesOf(rest: string): readonly string[] | undefined {
  const legacy = LEGACY.exec(rest)?.[0]
  if (legacy !== undefined) return [legacy]
  const names: string[] = []
  for (let at = 0; at < rest.length; at = PAIR.lastIndex) {
    PAIR.lastIndex = at
    const name = PAIR.exec(rest)?.[1]
    if (name === undefined) return undefined
    names.push(name)
  }
  return names
}
