/** Text of programs and containers, made fit to be shown to a person or given to a model: nothing in it acts. */

/** ANSI escape sequences (ECMA-48): control sequences, and strings as that of a window's title. */
// eslint-disable-next-line no-control-regex
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g

/** Control characters but line feed and tab; marks that change the direction of text, tags, and what is not to be seen. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

/** The text without escape sequences, control, bidi, tag and other unseen characters. Line ends become line feeds. */
export function cleanText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(SEQUENCES, '').replace(UNSEEN, '')
}
