import type { Share } from './scheduler.ts'

/** What comes, each piece of it in a turn of the worker's: what is done with it is done in that turn. */
export async function* inTurns<T>(share: Share, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const piece of pieces) {
    await share.turn()
    yield piece
  }
}
