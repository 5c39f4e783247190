/** The word that was probably meant. */

/** Longer texts are no misspelt words; comparing them would only cost time. */
const LONGEST = 64

/**
 * The nearest of `words` to a misspelt one, or undefined where none is near: at most one slip for each three characters.
 * A slip is a character left out, put in, exchanged, or swapped with its neighbour; case makes no difference.
 */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined
  const allowed = Math.max(1, Math.floor(word.length / 3))
  let nearest: string | undefined
  let fewest = allowed + 1
  for (const candidate of words) {
    const slips = countSlips(word.toLowerCase(), candidate.toLowerCase())
    if (slips >= fewest) continue
    nearest = candidate
    fewest = slips
  }
  return nearest
}

/** The optimal string alignment distance of two words, row by row. */
function countSlips(from: string, to: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (same ? 0 : 1),
          swapped ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      )
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
