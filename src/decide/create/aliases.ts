/** The aliases of an own container on a network of its worker's. */
import type { NetworkFacts } from '../../resolve/facts.ts'

interface Named {
  readonly name: string | undefined
  readonly word: string | undefined
}

/**
 * Those that are asked for, and before them the names by which it is found where the engine calls it otherwise than its worker does:
 * `db`, and as an engine has it too `db.network`. Which of them were asked for can be told again (askedAliases in filter/words.ts).
 */
export function ownAliases(
  { name, word }: Named,
  network: Pick<NetworkFacts, 'word'>,
  asked: readonly string[],
): readonly string[] {
  if (word === undefined || word === name) return asked
  const full = `${word}.${network.word}`
  return asked.includes(word) ? [full, ...asked] : [word, full, ...asked]
}
