/**
 * The process that serves MCP over HTTP for one worker, under that worker's account: the gate itself reads nothing of it. It is told
 * what to serve by the gate that started it, and ends with it.
 */
import { existsSync } from 'node:fs'
import * as z from 'zod'
import { dockerCli, homeDirectory } from './docker.ts'
import { createMcpHttp } from './http.ts'
import { Works } from './works.ts'
import { workerSurface } from './worker-surface.ts'

const order = z.object({
  socket: z.string(),
  address: z.string(),
  port: z.number(),
  digest: z.string(),
  docker: z.string().optional(),
  dockerConfig: z.string().optional(),
  version: z.string(),
})

process.once('message', (message) => {
  const { socket, address, port, digest, docker, dockerConfig, version } = order.parse(message)
  process.chdir(existsSync(homeDirectory()) ? homeDirectory() : '/')
  const works = new Works()
  const door = { surface: workerSurface({ socket }), works, cli: dockerCli(docker, dockerConfig) }
  const server = createMcpHttp(door, version, { port, digest: Buffer.from(digest, 'hex') })
  server.once('error', (cause) => {
    process.send?.({ failed: cause.message })
    process.disconnect()
  })
  server.listen(port, address, () => process.send?.({ serving: true }))
  process.once('disconnect', () => {
    server.close()
    server.closeAllConnections()
    // What is at work is ended first: nobody could ask for it any more.
    void works.close().finally(() => process.exit())
  })
})
