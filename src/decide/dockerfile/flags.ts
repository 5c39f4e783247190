/** Flags of a Dockerfile's instructions: a closed list, read strictly and written anew. */

/** What the classic builder knows (moby, frontend/dockerfile/instructions); all others are BuildKit's. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  ADD: ['chown'],
  COPY: ['chown', 'from'],
  FROM: ['platform'],
  HEALTHCHECK: ['interval', 'retries', 'start-interval', 'start-period', 'timeout'],
}

export interface Flagged {
  readonly flags: ReadonlyMap<string, string>
  /** What stands behind the flags. */
  readonly rest: string
  /** What is wrong with a flag; undefined where all can be read. */
  readonly wrong?: string
}

/**
 * Engines look for the end of a flag byte by byte, and take bytes of letters for spaces (moby, extractBuilderFlags:
 * 0x85 and 0xA0): nothing but printable ASCII is read here.
 */
const FLAG = /^--([a-z][a-z-]*)=([!#-&(-[\]-~]*)(?:[ \t]+|$)/

/** Reads the flags of an instruction. @param word in capital letters. @param written what stands behind the word */
export function readFlags(word: string, written: string): Flagged {
  const flags = new Map<string, string>()
  let rest = written
  while (rest.startsWith('--')) {
    const [whole = '', name = '', value = ''] = FLAG.exec(rest) ?? []
    if (whole === '' || flags.has(name)) return { flags, rest, wrong: 'this flag can be read in two ways' }
    if (KNOWN[word]?.includes(name) !== true)
      return { flags, rest, wrong: `the classic builder has no --${name} for ${word}` }
    flags.set(name, value)
    rest = rest.slice(whole.length)
  }
  return { flags, rest }
}

/** An instruction with its flags as one line. */
export function writeInstruction(word: string, flags: ReadonlyMap<string, string>, rest: string): string {
  return [word, ...[...flags].map(([name, value]) => `--${name}=${value}`), rest].join(' ').trim()
}
