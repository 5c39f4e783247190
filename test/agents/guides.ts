/** The lines of the guides, as they stand there: what a reader pastes is what is run. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A block of lines of a page. */
export interface Block {
  readonly heading: string
  readonly text: string
}

/** All blocks of lines of a guide, each with the heading that it stands under. */
function blocksOf(guide: string): readonly Block[] {
  const page = readFileSync(fileURLToPath(new URL(`../../docs/guides/${guide}.md`, import.meta.url)), 'utf8')
  return page.split(/^## /m).flatMap((part) => {
    const heading = part.slice(0, part.indexOf('\n')).trim()
    return [...part.matchAll(/(?<=\n\n)(?: {4}.*\n|\n(?= {4}))+/g)].map(([text]) => ({
      heading,
      text: text.replaceAll(/^ {4}/gm, '').trimEnd(),
    }))
  })
}

/** A guide whose blocks are taken one after the other. */
export class Guide {
  readonly #blocks: readonly Block[]
  readonly #taken = new Set<Block>()

  constructor(name: string) {
    this.#blocks = blocksOf(name)
  }

  /** The block under a heading that has some text in it. */
  block(heading: string, has: string): string {
    const found = this.#blocks.find((block) => block.heading === heading && block.text.includes(has))
    if (found === undefined) throw new Error(`no lines under ${heading} have ${has}`)
    this.#taken.add(found)
    return found.text
  }

  /** Blocks that nobody took. */
  get untried(): readonly string[] {
    return this.#blocks.filter((block) => !this.#taken.has(block)).map(({ text }) => text)
  }
}
