/** What ADD and COPY take: words, or a list in JSON. */

/** Sources and the destination; undefined for what begins as a list and is none. */
export function pathsOf(rest: string): readonly string[] | undefined {
  if (!rest.startsWith('[')) return rest.split(/[ \t]+/)
  try {
    const list: unknown = JSON.parse(rest)
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i
const ADDRESSES = ['http://', 'https://', 'ftp://', 'ssh://', 'git://', 'git@', 'github.com/']

/** Whether a source of ADD is, or could become by its variables, an address that the host would fetch. */
export function mayBeAddress(source: string): boolean {
  // Quotes and escapes are taken away before an engine looks.
  if (/["'\\]/.test(source) || /\.git(?:$|#)/i.test(source) || SCHEME.test(source)) return true
  const dollar = source.indexOf('$')
  const start = (dollar === -1 ? source : source.slice(0, dollar)).toLowerCase()
  return ADDRESSES.some(
    (address) => start.startsWith(address) || (dollar !== -1 && address.startsWith(start)),
  )
}
