/**
 * `dockgate ssh`: the forced command of a worker's SSH account. Thin on purpose: it starts for each command, so it loads
 * nothing but Node's own modules, asks the gate what to do, and does that.
 */
import { ask } from './ask.ts'
import { keyOf } from './key.ts'
import { readOptions } from './options.ts'
import { print } from './print.ts'
import { listOf, objectOf, textOf, textsOf } from '../shared/json-value.ts'

const UNAVAILABLE = 69

interface Environment {
  readonly SSH_ORIGINAL_COMMAND?: string | undefined
  readonly SSH_USER_AUTH?: string | undefined
}

/** Runs it, and ends the process with its exit code. @param words what stands behind `dockgate ssh` */
export async function main(words: readonly string[], environment: Environment): Promise<never> {
  try {
    process.exit(await run(words, environment))
  } catch (cause) {
    print(2, `dockgate: ${cause instanceof Error ? cause.message : String(cause)}\n`)
    process.exit(UNAVAILABLE)
  }
}

async function run(words: readonly string[], environment: Environment): Promise<number> {
  const options = readOptions(words)
  if ('exit' in options) {
    print(options.exit === 0 ? 1 : 2, options.text)
    return options.exit
  }
  if (options.isCheck) return (await import('./check.ts')).check(options)
  const { SSH_ORIGINAL_COMMAND: line = '', SSH_USER_AUTH: authentication } = environment
  const key = keyOf(authentication)
  const request = { line, door: 'ssh', ...(key === undefined ? {} : { key }) }
  const { value, connection } = await ask(options.socket, 'POST', '/dockgate/run', request)
  switch (value['do']) {
    case 'answer':
      print(1, textOf(value['stdout']))
      print(2, textOf(value['stderr']))
      return Number(value['exit'])
    case 'docker':
      return (await import('./docker.ts')).runDocker(options, {
        socket: textOf(value['socket']),
        arguments: textsOf(listOf(value['arguments'])),
        binds: listOf(value['binds'])
          .map(objectOf)
          .map(({ path, mode }) => ({ path: textOf(path), mode: mode === 'rw' ? 'rw' : 'ro' })),
        verdict: value['verdict'] === undefined ? undefined : textOf(value['verdict']),
      })
    case 'dial':
      return (await import('./dial.ts')).dial(textOf(value['socket']))
    case 'mcp':
      return (await import('./mcp.ts')).runMcp(options, key)
    default:
      connection.destroy()
      print(2, `dockgate: ${textOf(value['message']) || 'the gate gave no answer'}\n`)
      return UNAVAILABLE
  }
}
