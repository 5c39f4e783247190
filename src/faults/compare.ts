/** Which of two versions is the newer one. */

/**
 * Compares as Debian does (deb-version(7)): negative where the first is older, 0 where they are the same.
 * Upstream's `1.3.0-rc.1` comes before `1.3.0`, so its hyphen is read as a tilde; a package's stands before the revision.
 */
export function compareVersions(one: string, other: string): number {
  const [first, second] = [asDebian(one), asDebian(other)]
  return comparePart(first.upstream, second.upstream) || comparePart(first.revision, second.revision)
}

function asDebian(version: string): { readonly upstream: string; readonly revision: string } {
  const plain = version.replace(/-(?=(?:alpha|beta|rc))/, '~')
  const hyphen = plain.lastIndexOf('-')
  return hyphen === -1
    ? { upstream: plain, revision: '' }
    : { upstream: plain.slice(0, hyphen), revision: plain.slice(hyphen + 1) }
}

function comparePart(one: string, other: string): number {
  const [first, second] = [piecesOf(one), piecesOf(other)]
  for (let index = 0; index < Math.max(first.length, second.length); index += 1) {
    const [a, b] = [first[index], second[index]]
    const order = compareText(a?.text ?? '', b?.text ?? '') || (a?.number ?? 0) - (b?.number ?? 0)
    if (order !== 0) return order
  }
  return 0
}

/** Text and number in turns: `1.1.15+ds1` is `1`, `.1`, `.15`, `+ds1`. */
function piecesOf(part: string): readonly { readonly text: string; readonly number: number }[] {
  return [...part.matchAll(/([^0-9]*)([0-9]*)/g)]
    .filter(([whole]) => whole !== '')
    .map(([, text = '', digits = '']) => ({ text, number: Number(digits) }))
}

function compareText(one: string, other: string): number {
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const order = weightOf(one[index]) - weightOf(other[index])
    if (order !== 0) return order
  }
  return 0
}

/** A tilde comes before the end, letters come before all other signs. */
function weightOf(letter: string | undefined): number {
  if (letter === undefined) return 0
  if (letter === '~') return -1
  const code = letter.charCodeAt(0)
  return /[A-Za-z]/.test(letter) ? code : code + 256
}
