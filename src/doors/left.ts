/** Connections whose client went away while nobody reads from them: their end is not seen, so they are asked for it. */
import type { Socket } from 'node:net'

/** Milliseconds between two looks. */
const LOOK = 2_000

const NOTHING = Buffer.alloc(0)

/**
 * Closes a connection when its client has gone. Whoever reads sees the end. Where reading is paused nothing comes, and an end that
 * was read can be that of the client's input alone: there a write of nothing fails on a socket that nobody has any more (EPIPE,
 * unix(7)), and does nothing on any other. A write that waits fails by itself.
 */
export function closeWhenLeft(client: Socket): void {
  const timer = setInterval(() => {
    const isSeen = !client.isPaused() && !client.readableEnded
    if (!isSeen && client.writable && client.writableLength === 0) client.write(NOTHING)
  }, LOOK)
  timer.unref()
  client.once('close', () => clearInterval(timer))
}
