/** `dockgate mcp`: the worker's side of the Model Context Protocol, on standard input and output. */
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Command } from 'commander'
import { dockerCli } from '../doors/mcp/docker.ts'
import { createMcpServer } from '../doors/mcp/server.ts'
import { workerSurface } from '../doors/mcp/worker-surface.ts'
import { Works } from '../doors/mcp/works.ts'
import { VERSION } from '../shared/version.ts'

interface Options {
  readonly worker: string
  readonly socket?: string
  readonly docker?: string
  readonly dockerConfig?: string
  readonly key?: string
}

/** Adds `mcp`. It ends with its input. */
export function addMcpCommand(program: Command): void {
  program
    .command('mcp')
    .description("serve the Model Context Protocol on standard input and output, as a worker's own process")
    .requiredOption('--worker <name>', 'the worker, as the policy names it')
    .option('--socket <path>', "the worker's socket (default: /run/dockgate/WORKER/docker.sock)")
    .option('--docker <path>', 'the docker CLI (default: where it usually is)')
    .option('--docker-config <directory>', "the CLI's configuration (default: none)")
    .option('--key <text>', 'which key came in, for the record')
    .addHelpText(
      'after',
      '\nAn agent starts this itself: command dockgate, arguments mcp --worker NAME, under an account that may open the socket.',
    )
    .action(serve)
}

function serve({
  worker,
  socket = `/run/dockgate/${worker}/docker.sock`,
  docker,
  dockerConfig,
  key,
}: Options): void {
  const works = new Works()
  const door = { surface: workerSurface({ socket, key }), works, cli: dockerCli(docker, dockerConfig) }
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
