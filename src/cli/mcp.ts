/** `dockgate mcp`: the worker's side of the Model Context Protocol, on standard input and output. */
import type { Command } from 'commander'
import type { StdioOptions } from '../mcp/stdio.ts'

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
    .action(async (options: StdioOptions) => {
      const { serve } = await import('../mcp/stdio.ts')
      serve(options)
    })
}
