/**
 * A command line to words, as a POSIX shell would split it, without anything else that a shell does. What a shell would
 * do more with (expansions, lists, redirections, patterns) is an error, so that no two readers see different words.
 */

/** A line that is not one plain command. The message says what is in the way and what to write instead. */
export class LineError extends Error {
  override readonly name = 'LineError'
}

/** Characters of a line, and words in it. */
const LONGEST_LINE = 32_768
const MOST_WORDS = 1024

/** What a shell gives a meaning of its own, outside quotes. */
const META = new Set('|&;<>()$`\\*?[]~')

/** Characters that a backslash between double quotes takes the meaning from. */
const ESCAPABLE = new Set('$`"\\')

/** Control characters, separators other than the space, characters that can't be seen, and what stands for broken bytes. */
const UNSEEN = /[\p{C}\u{fffd}]|(?! )\p{Z}/u

/** The words of a line; none for an empty one. @throws {LineError} */
export function splitLine(line: string): readonly string[] {
  if (line.length > LONGEST_LINE) throw new LineError(`a line has at most ${LONGEST_LINE} characters`)
  if (UNSEEN.test(line)) {
    throw new LineError(
      'there is a line break or another character in it that can not be seen; write one plain line',
    )
  }
  const words: string[] = []
  let at = 0
  while (at < line.length) {
    if (line[at] === ' ') {
      at += 1
      continue
    }
    const word = readWord(line, at)
    words.push(word.text)
    at = word.end
    if (words.length > MOST_WORDS) throw new LineError(`a line has at most ${MOST_WORDS} words`)
  }
  return words
}

interface Part {
  readonly text: string
  /** Where the line goes on behind it. */
  readonly end: number
}

function readWord(line: string, start: number): Part {
  let text = ''
  /** What stands outside quotes. */
  let bare = ''
  let at = start
  while (at < line.length && line[at] !== ' ') {
    const character = line[at] ?? ''
    if (character === "'" || character === '"') {
      const part = character === "'" ? readSingle(line, at) : readDouble(line, at)
      text += part.text
      at = part.end
    } else {
      requirePlain(character, at === start)
      text += character
      bare += character
      at += 1
    }
  }
  // bash makes several words of {a,b} and {1..3}; {{.Names}} it leaves alone.
  if (/[{}]/.test(bare) && /,|\.\./.test(bare)) {
    throw new LineError("braces with a comma or .. could be several words; put '...' around the word")
  }
  return { text, end: at }
}

function requirePlain(character: string, first: boolean): void {
  if (META.has(character)) {
    throw new LineError(
      `no shell reads it, so ${character} has no meaning here; put '...' around a word that holds it`,
    )
  }
  if (first && character === '#') throw new LineError("# would begin a comment; put '...' around the word")
}

function readSingle(line: string, start: number): Part {
  const end = line.indexOf("'", start + 1)
  if (end === -1) throw new LineError("a ' is opened and not closed")
  return { text: line.slice(start + 1, end), end: end + 1 }
}

function readDouble(line: string, start: number): Part {
  let text = ''
  let at = start + 1
  for (;;) {
    const character = line[at]
    if (character === undefined) throw new LineError('a " is opened and not closed')
    if (character === '"') return { text, end: at + 1 }
    const next = line[at + 1] ?? ''
    if (character === '\\' && ESCAPABLE.has(next)) {
      text += next
      at += 2
    } else if (character === '$' || character === '`') {
      throw new LineError(
        `no shell reads it, so ${character} between double quotes has no meaning; use '...' instead`,
      )
    } else {
      text += character
      at += 1
    }
  }
}

/** Words that came as such, not as a line: any text but what no argument of a program can be. @throws {LineError} */
export function checkWords(words: readonly string[]): readonly string[] {
  if (words.length > MOST_WORDS) throw new LineError(`there may be at most ${MOST_WORDS} words`)
  const size = words.reduce((sum, word) => sum + word.length, 0)
  if (size > LONGEST_LINE) throw new LineError(`the words have at most ${LONGEST_LINE} characters together`)
  if (words.some((word) => /(?![\n\t])\p{Cc}|\p{Cs}|\u{fffd}/u.test(word))) {
    throw new LineError('a word holds a control character or broken text')
  }
  return words
}
