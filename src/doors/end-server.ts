/** A server that takes no more connections, until its last one has ended. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** Resolves when all have ended: it cuts none. */
export function endServer(server: Server, connections: ReadonlySet<Duplex>): Promise<void> {
  const done = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeIdleConnections()
  // Taken-over connections are no longer the server's, which would wait for none of them.
  const upgraded = [...connections].map((connection) =>
    connection.destroyed ? undefined : new Promise((resolve) => connection.once('close', resolve)),
  )
  return Promise.all([done, ...upgraded]).then(() => undefined)
}

/** The connections of a server that are open. */
export function connectionsOf(server: Server): ReadonlySet<Duplex> {
  const connections = new Set<Duplex>()
  server.on('connection', (connection) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  return connections
}
