/** Lists of many words, written as a text. */

/** The words of a text that has white space between them. */
export function wordsIn(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
