/** MCP on the standard input and output of this process. */
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { dockerCli, tryDocker } from '../programs/docker.ts'
import { usualSocket } from '../ssh/options.ts'
import { VERSION } from '../shared/version.ts'
import { createMcpServer } from './server.ts'
import { workerSurface } from './worker-surface.ts'
import { Works } from './works.ts'

export interface StdioOptions {
  readonly worker: string
  readonly socket?: string
  readonly docker?: string
  readonly dockerConfig?: string
  readonly key?: string
}

/** Serves until its input ends, or it is asked to end. */
export function serve({
  worker,
  socket = usualSocket(worker),
  docker,
  dockerConfig,
  key,
}: StdioOptions): void {
  const works = new Works()
  const cli = dockerCli(docker, dockerConfig)
  // Everything else goes on without.
  void tryDocker(cli, ['--version']).then(
    ({ isRun, text }) => isRun || process.stderr.write(`dockgate mcp: ${text}\n`),
  )
  const door = { surface: workerSurface({ socket, key }), works, cli }
  const handle = serveStdio(() => createMcpServer(door, VERSION), {
    onerror: (error) => process.stderr.write(`dockgate mcp: ${error.message}\n`),
  })
  const end = (): void => {
    // What is at work goes with it: nobody could ask for it any more.
    void Promise.all([works.close(), handle.close()]).finally(() => process.exit())
  }
  process.stdin.once('end', end)
  process.stdin.once('close', end)
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  process.once('SIGHUP', end)
}
