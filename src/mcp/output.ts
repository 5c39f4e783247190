/** What a program prints, gathered as cleaned text: both of its outputs in the order in which they came. */
import { clean } from '../shared/clean.ts'

/** Characters that are kept of one program. */
export const MOST_KEPT = 4 * 2 ** 20
/** Characters of an open line that are waited for. */
const LONGEST_LINE = 2 ** 16

export class Output {
  #text = ''
  #removed = 0
  #lost = 0
  readonly #hear: (line: string) => void

  /** @param hear gets the last line of what came, whenever some came */
  constructor(hear: (line: string) => void) {
    this.#hear = hear
  }

  /** The text so far: whole lines, until the end. It only ever grows. */
  get text(): string {
    return this.#text
  }

  /** Characters that were taken out as unfit to be shown. */
  get removed(): number {
    return this.#removed
  }

  /** Characters beyond what is kept. */
  get lost(): number {
    return this.#lost
  }

  /** Gathers one of the outputs. A line is cleaned as a whole, so that no sequence is seen in two halves. */
  from(stream: NodeJS.ReadableStream): void {
    const decoder = new TextDecoder()
    let open = ''
    stream.on('data', (chunk: Buffer) => {
      open += decoder.decode(chunk, { stream: true })
      const end = open.length > LONGEST_LINE ? open.length : open.lastIndexOf('\n') + 1
      this.add(open.slice(0, end))
      open = open.slice(end)
    })
    stream.on('end', () => this.add(open + decoder.decode()))
  }

  add(text: string): void {
    if (text === '') return
    const cleaned = clean(text)
    this.#removed += cleaned.removed
    const room = MOST_KEPT - this.#text.length
    this.#text += cleaned.text.slice(0, room)
    this.#lost += Math.max(0, cleaned.text.length - room)
    this.#hear(cleaned.text.trimEnd().split('\n').at(-1) ?? '')
  }
}
