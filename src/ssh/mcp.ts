/** MCP on standard input and output: a process of its own, as this one loads nothing of it. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Options } from './options.ts'
import { passSignals, whenGone } from './gone.ts'

/** Runs it to its end. Returns the exit code. @param key which came in, for the record */
export function runMcp(
  { worker, socket, docker, config }: Options,
  key: string | undefined,
): Promise<number> {
  const program = fileURLToPath(new URL('../main.js', import.meta.url))
  const [own] = docker.length === 1 ? docker : []
  const args = ['mcp', '--worker', worker, '--socket', socket, '--docker-config', config]
  args.push(...(own === undefined ? [] : ['--docker', own]), ...(key === undefined ? [] : ['--key', key]))
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    env: {},
    stdio: 'inherit',
  })
  whenGone(() => child.kill())
  passSignals(child)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
