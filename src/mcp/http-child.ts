/**
 * The process that serves MCP over HTTP for one worker, under that worker's account: the gate itself reads nothing of it. Its input is
 * one line that says what to serve, and stays open as long as the gate wants it; its output one line when it serves, or what is wrong.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import * as z from 'zod'
import { dockerCli, homeDirectory, tryDocker } from '../programs/docker.ts'
import { createMcpHttp } from './http.ts'
import { Works } from './works.ts'
import { workerSurface } from './worker-surface.ts'

const orderSchema = z.object({
  socket: z.string(),
  address: z.string(),
  port: z.number(),
  digest: z.string(),
  docker: z.string().optional(),
  dockerConfig: z.string().optional(),
  version: z.string(),
})

/** Serves as the first line of its input orders, until that ends. */
export async function main(): Promise<void> {
  const works = new Works()
  const orders = createInterface(process.stdin)
  orders.once('line', (line) => serve(works, orderSchema.parse(JSON.parse(line))))
  await once(orders, 'close')
  // What is at work is ended first: nobody could ask for it any more.
  await works.close().finally(() => process.exit())
}

function serve(
  works: Works,
  { socket, address, port, digest, docker, dockerConfig, version }: z.infer<typeof orderSchema>,
): void {
  process.chdir(existsSync(homeDirectory()) ? homeDirectory() : '/')
  const cli = dockerCli(docker, dockerConfig)
  // Everything else goes on without.
  void tryDocker(cli, ['--version']).then(({ isRun, text }) => isRun || process.stderr.write(`${text}\n`))
  const door = { surface: workerSurface({ socket }), works, cli }
  const server = createMcpHttp(door, version, { port, digest: Buffer.from(digest, 'hex') })
  server.once('error', (cause) => {
    process.stdout.write(`${cause.message}\n`, () => process.exit(1))
  })
  server.listen(port, address, () => process.stdout.write('\n'))
}
