/** `docker system dial-stdio`: standard input and output are the connection to a session's socket. */
import { connect } from 'node:net'
import { whenGone } from './interruption.ts'

/** Joins them until both sides have ended. Returns the exit code. */
export function dial(socketPath: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const connection = connect({ path: socketPath, allowHalfOpen: true })
  connection.once('error', reject)
  // The engine's side decides: what it still has to say after the client's end is passed on.
  process.stdin.on('error', () => connection.destroy())
  process.stdout.on('error', () => connection.destroy())
  process.stdin.pipe(connection)
  connection.pipe(process.stdout)
  // All of it is out when this callback runs, however slowly it is read; a client that keeps its side open gets no more answers.
  const end = (): void => void process.stdout.write('', () => resolve(0))
  connection.once('end', end)
  connection.once('close', end)
  whenGone(() => {
    connection.destroy()
    resolve(0)
  })
  return promise
}
