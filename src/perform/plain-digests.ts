/** Digests of what is packed in an archive, unpacked: one file after the other, so that only one at a time has memory for it. */
import { createHash } from 'node:crypto'
import { DamagedTar, TarError } from '../decode/tar.ts'
import { Unpacker } from './unpacker.ts'

/** To be waited for before each piece of what comes out. */
export type Turn = () => Promise<void> | undefined

export class PlainDigests {
  readonly #turn: Turn
  /** What has come and was not unpacked yet. */
  #work: (() => Promise<void>)[] = []
  #file: PackedFile | undefined
  #unpacker: Unpacker | undefined
  #isClosed = false

  constructor(turn: Turn) {
    this.#turn = turn
  }

  /** Begins a file. Pieces of it follow, and its end. */
  begin(path: string): void {
    this.#file = { path, unpacker: new Unpacker(), hash: createHash('sha256') }
  }

  /** Takes a piece of the file, in which its first bytes are whole. */
  piece(piece: Buffer): void {
    const file = this.#file
    if (file !== undefined) this.#work.push(() => this.#take(file, file.unpacker.push(piece)))
  }

  /** Ends the file. @param known is told `sha256:…` of what came out of it */
  end(known: (digest: string) => void): void {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    this.#work.push(async () => {
      await this.#take(file, file.unpacker.end())
      known(`sha256:${file.hash.digest('hex')}`)
    })
  }

  /** Unpacks all that came so far; undefined where that is nothing. @throws {TarError} where it is damaged */
  settle(): Promise<void> | undefined {
    return this.#work.length === 0 ? undefined : this.#doAll(this.#work.splice(0))
  }

  /** Gives the memory back, and unpacks nothing more. */
  close(): void {
    this.#isClosed = true
    this.#unpacker?.close()
  }

  async #doAll(work: readonly (() => Promise<void>)[]): Promise<void> {
    for (const each of work) await each()
  }

  async #take({ path, unpacker, hash }: PackedFile, plain: AsyncIterable<Buffer>): Promise<void> {
    this.#unpacker = unpacker
    await this.#turn()
    try {
      for await (const piece of plain) {
        await this.#turn()
        if (this.#isClosed) throw new Error('nobody waits for the archive any more')
        hash.update(piece)
      }
    } catch (cause) {
      if (cause instanceof DamagedTar) throw new DamagedTar(`${path}: ${cause.message}`)
      if (cause instanceof TarError) throw new TarError(`${path}: ${cause.message}`)
      throw cause
    }
  }
}

interface PackedFile {
  readonly path: string
  readonly unpacker: Unpacker
  readonly hash: ReturnType<typeof createHash>
}
