/** What an engine tells, in its answer, of the images that a call makes or brings. */
import type { Bringing } from './image-operations.ts'

/** Characters of an answer in which a line of an engine's own may be cut in two. */
const OVERLAP = 200
/**
 * How engines tell of a new image, in their own JSON: what a program prints is a string in it, whose quotes are escaped.
 */
const MADE = {
  build: /"aux":\{"ID":"(sha256:[0-9a-f]{64})"/g,
  import: /"status":"(sha256:[0-9a-f]{64})"/g,
} as const
/** A build that is quiet tells nothing but the id, in its last line; one that fails tells all that its programs printed. */
const QUIET = /(?:^|\n)\{"stream":"(sha256:[0-9a-f]{64})\\n"\}\s*$/
const FAILED = /"errorDetail":/
/** The last line of a pull, and the digest of what it pulled; the first of two means that the name was given by it. */
const PULLED = /"status":"Status: (Downloaded newer image|Image is up to date)/
const DIGEST = /"status":"Digest: (sha256:[0-9a-f]{64})"/

const NONE: ReadonlySet<string> = new Set()

export class Progress {
  readonly #made = new Set<string>()
  readonly #permit: Bringing
  #failed = false
  #done = false
  #digest: string | undefined
  #wasThere = false
  #tail = ''

  constructor(permit: Bringing) {
    this.#permit = permit
  }

  /** Ids of images, in the order in which they were made; of a build that did not end well, none. */
  get made(): ReadonlySet<string> {
    return this.#permit.on === 'build' && !this.#done ? NONE : this.#made
  }

  /** Notes an image. */
  add(id: string): void {
    // A stage can be the same as one before: the last of all is the one that gets the names.
    this.#made.delete(id)
    this.#made.add(id)
  }

  /** Whether the engine did all of it. */
  get done(): boolean {
    return this.#done
  }

  /** The digest that a pull tells of; undefined where it told none. */
  get digest(): string | undefined {
    return this.#digest
  }

  /** Whether a pull found that the name was that of the image already. */
  get wasThere(): boolean {
    return this.#wasThere
  }

  #lookAtPull(text: string): void {
    const pulled = PULLED.exec(text)?.[1]
    this.#digest ??= DIGEST.exec(text)?.[1]
    this.#done ||= pulled !== undefined
    this.#wasThere ||= pulled?.startsWith('Image is up') === true
  }

  /** Looks at a part of the answer, in order. */
  look(part: string): void {
    const text = this.#tail + part
    const made = this.#waysToTell()
    if (made !== undefined) for (const [, id = ''] of text.matchAll(made)) this.add(id)
    this.#failed ||= FAILED.test(text)
    if (this.#permit.on === 'pull') this.#lookAtPull(text)
    this.#tail = text.slice(-OVERLAP)
  }

  /** The answer is there to its end. */
  end(): void {
    this.#done = !this.#failed
    const quiet = this.#isQuiet() ? QUIET.exec(this.#tail)?.[1] : undefined
    if (quiet !== undefined) this.add(quiet)
  }

  #isQuiet(): boolean {
    return this.#permit.on === 'build' && this.#permit.operation.parameters.q === true
  }

  #waysToTell(): RegExp | undefined {
    switch (this.#permit.on) {
      case 'build':
        return this.#isQuiet() ? undefined : MADE.build
      case 'import':
        return MADE.import
      case 'load':
      case 'commit':
      case 'pull':
      case 'push':
        return undefined
    }
  }
}
