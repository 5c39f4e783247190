/** Files for a container, or the files of an image that is imported: an archive that passes as it is, once it was read on its way. */
import type { Violation } from '../decide/refuse.ts'
import { CheckedArchive } from './checked-archive.ts'

export class PlainArchive extends CheckedArchive {
  readonly #command: 'cp' | 'import'

  constructor(command: 'cp' | 'import') {
    super()
    this.#command = command
  }

  protected override entry(): boolean {
    return false
  }

  protected override content(): void {}

  protected override raw(bytes: Buffer): void {
    this.push(bytes)
  }

  protected override check(): readonly Violation[] {
    return []
  }

  protected override violation(why: string): Violation {
    const instead = ['a plain tar, or one packed by gzip or zstd']
    return { rule: `${this.#command}.archive`, what: 'archive', why, instead }
  }
}
