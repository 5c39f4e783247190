/** How Dockgate says no: one object, and one text made from it, the same on every surface. */

/** A refusal before it is recorded. */
export interface Refusal {
  readonly decision: 'refused'
  /** The rule that fired, in the policy's words: `run.binds`. */
  readonly rule: string
  /** The offending value: `HostConfig.Binds[0] = /:/host`. */
  readonly what: string
  readonly why: string
  /** What is allowed instead; may be empty. */
  readonly instead: readonly string[]
  /** Further offending values of the same request; may be empty. */
  readonly also: readonly string[]
  /** True only where the same request may succeed later without any change of policy. */
  readonly retryable: boolean
}

/** A refusal as it is told to the worker. */
export interface RecordedRefusal extends Refusal {
  /** How to ask for more. */
  readonly next: string
  /** The audit entry's id. */
  readonly record: string
}

const LINE = 110

/**
 * The refusal as text: six lines at most, printable ASCII, under 600 characters.
 * Values that came from the client are cut and escaped here, so that a text can be shown on a terminal.
 */
export function refusalText(refusal: RecordedRefusal): string {
  const malformed = isMalformed(refusal)
  const lines = [
    malformed ? `refused: the ${refusal.rule} can not be read` : `refused by policy: ${refusal.rule}`,
    `${refusal.what}${refusal.also.length > 0 ? ` (also ${refusal.also.map(placeOf).join(', ')})` : ''}`,
    `why: ${refusal.why}`,
    ...(refusal.instead.length > 0 ? [`instead: ${refusal.instead.join('; or ')}`] : []),
    malformed
      ? `This is not a question of policy: ${refusal.rule === 'line' ? 'write one plain command.' : 'send it as the Engine API has it.'}`
      : refusal.retryable
        ? 'This passes as soon as there is room; nothing else needs to change.'
        : 'This is policy, not an error. Do not try to work around it.',
    `${refusal.next} Record: ${refusal.record}`.trimStart(),
  ]
  return lines.map((line) => shorten(printable(line), LINE - 12)).join('\n')
}

/** Where a further violation is: without its value, so that all have room. */
function placeOf(what: string): string {
  return shorten(what.replace(/ = .*$/s, ''), 40)
}

/** True where it was not the policy that refused, but what came that could not be read. */
export function isMalformed({ rule }: Pick<Refusal, 'rule'>): boolean {
  return rule === 'request' || rule === 'line'
}

/** Replaces everything but printable ASCII by `\xNN` or `\u{NNNN}`. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** Cuts a text to `length` characters and marks the cut. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`
}
