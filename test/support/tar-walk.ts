/** What is seen of a tar, as its tests ask for it. */
import { TarError, TarWalker, type Entry } from '../../src/decode/tar.ts'

/** What a walker saw. */
export interface SeenOfTar {
  readonly entries: Entry[]
  readonly kept: string[]
  /** Bytes that lie before the end of the archive. */
  passed: number
  /** Bytes of padding that the last entry lacks. */
  lacking: number
}

/** What a walker sees of a tar that comes in pieces, where the content of all entries but that of `large` is kept. */
export function walk(tar: Buffer, piece = tar.length): SeenOfTar {
  const seen: SeenOfTar = { entries: [], kept: [], passed: 0, lacking: 0 }
  const walker = new TarWalker({
    entry: (entry) => {
      seen.entries.push(entry)
      return entry.path !== 'large'
    },
    content: (entry, content) => seen.kept.push(`${entry.path} ${content.toString()}`),
  })
  for (let at = 0; at < tar.length; at += piece) seen.passed += walker.push(tar.subarray(at, at + piece))
  seen.lacking = walker.end()
  return seen
}

/** The paths of a tar of these blocks. */
export const paths = (...blocks: readonly Buffer[]) =>
  walk(Buffer.concat(blocks)).entries.map(({ path }) => path)

/** Why a tar of these blocks is refused; its paths where it is not. */
export const refusal = (...blocks: readonly Buffer[]) => {
  try {
    return paths(...blocks)
  } catch (error) {
    return error instanceof TarError ? error.message : error
  }
}
