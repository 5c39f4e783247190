/** Text of containers and programs, which may be hostile, made fit to be read as data. */

export interface Cleaned {
  readonly text: string
  /** Characters that were taken out. */
  readonly removed: number
}

/**
 * Control sequences of terminals (ECMA-48). A string sequence counts only with its end in sight, so that an open one hides
 * nothing; no two alternatives can begin at one place and run over the same text twice, which keeps this linear.
 */
const SEQUENCE =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n\x07\x1b\x80-\x9f]{0,4096}(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]/g

/** Controls but tab and newline; marks of direction, tag characters and all else that is not seen (Unicode DI, UAX #44). */
const UNSEEN = /[^\P{Cc}\t\n]|\p{Cf}|\p{Default_Ignorable_Code_Point}|\p{Cs}/gu

/** Takes out what can't be seen, or would move a cursor; ends of lines become newlines. */
export function clean(text: string): Cleaned {
  const lines = text.replace(/\r\n|[\r\u2028\u2029]/g, '\n')
  const cleaned = lines.replace(SEQUENCE, '').replace(UNSEEN, '')
  return { text: cleaned, removed: lines.length - cleaned.length }
}

/** One line of it, cut to `length` characters. */
export function cleanLine(text: string, length: number): string {
  const line = clean(text).text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${line.slice(0, length - 3)}...`
}
