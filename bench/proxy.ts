/**
 * The bare proxy that the gate is compared with: node:http on both sides, and nothing decided.
 * Run as: node proxy.ts SOCKET ENGINE_SOCKET
 */
import { Agent, createServer, request as send } from 'node:http'

const [socketPath = '', engine = ''] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxFreeSockets: 32, scheduling: 'lifo' })

const server = createServer((request, response) => {
  const { method, url, headers } = request
  const outgoing = send({ agent, socketPath: engine, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  outgoing.on('error', () => response.destroy())
  request.pipe(outgoing)
})

server.on('upgrade', (request, client, head) => {
  const { method, url, headers } = request
  const outgoing = send({ agent, socketPath: engine, method, path: url, headers })
  outgoing.on('error', () => client.destroy())
  outgoing.on('upgrade', (answer, socket, first) => {
    const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
    client.write(`HTTP/1.1 101 UPGRADED\r\n${lines.join('')}\r\n`)
    if (first.length > 0) client.write(first)
    if (head.length > 0) socket.write(head)
    for (const side of [client, socket]) {
      side.on('error', () => {
        client.destroy()
        socket.destroy()
      })
    }
    client.pipe(socket)
    socket.pipe(client)
  })
  outgoing.end()
})

server.listen(socketPath)
