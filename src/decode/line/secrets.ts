/** What is told again and recorded of a command line: all but what may be a secret in it. */

/** Stands for a value, made of it. */
export type Hide = (value: string) => string

/** `--name=` in front of a value. */
const OPTION = /^--[A-Za-z][\w-]*=/
/** An option whose value is a secret by its name: `--password`, `--registry-token`. */
const SECRET_OPTION = /^--[a-z-]*(?:pass(?:word|wd|phrase)?|secret|token|credentials?)=?$/i
/** With what somebody logs in at an address. */
const IN_ADDRESS = /(?<=:\/\/)[^\s/@]+(?=@)/g
/** What a header of HTTP gives away by its name: `Authorization: Bearer x`, `X-Api-Key: x`. */
const IN_HEADER = /(?<=(?:authorization|cookie|token|secret|password|key): *)[^ ].*/is
/** A word with the quotes in it, also where a quote is not closed. */
const ROUGH_WORD = /(?:\\[^]|"(?:\\[^]|[^"\\])*"?|'[^']*'?|[^\s"'\\])+/g

/**
 * Words with what stands behind an equals sign replaced: `TOKEN=x`, however an option takes it (`-e=TOKEN=x`, `-iteTOKEN=x`,
 * `--env=TOKEN=x`), or a program that reads the word. The value of an option by itself stays, as in `--name=web`, unless its
 * name says what it is.
 */
export function withoutSecrets(words: readonly string[], hide: Hide): readonly string[] {
  const isLogin = words.includes('login')
  return words.map((word, index) => {
    const before = words[index - 1] ?? ''
    if (SECRET_OPTION.test(before) || (isLogin && before === '-p')) return hide(word)
    const option = OPTION.exec(word)?.[0] ?? ''
    const rest = word.slice(option.length)
    return option + (SECRET_OPTION.test(option) ? hide(rest) : withoutValue(rest, hide))
  })
}

/** `NAME=value` with the value replaced; a bare `NAME` has none. */
export function withoutValue(assignment: string, hide: Hide): string {
  const equals = assignment.indexOf('=')
  const name = withoutLogin(equals < 0 ? assignment : assignment.slice(0, equals), hide).replace(
    IN_HEADER,
    hide,
  )
  return equals < 0 ? name : `${name}=${hide(assignment.slice(equals + 1))}`
}

/** Variables of an environment with each value replaced. */
export function withoutValues(variables: readonly string[], hide: Hide): readonly string[] {
  return variables.map((variable) => withoutValue(variable, hide))
}

/** A text with that replaced with which somebody logs in at the addresses in it. */
export function withoutLogin(text: string, hide: Hide): string {
  return text.replace(IN_ADDRESS, hide)
}

/** The words of a line that can't be read as one: a guess, without quotes. */
export function roughWords(line: string): readonly string[] {
  return (line.match(ROUGH_WORD) ?? []).map((word) => word.replaceAll(/["'\\]/g, ''))
}
