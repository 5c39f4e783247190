/**
 * `dockgate ssh`: the forced command of a worker's SSH account. Thin on purpose: it starts for each command, so it loads
 * nothing but Node's own modules, asks the gate what to do, and does that. A reader of process.argv and process.env, as main.ts is.
 */
import { ask } from './ssh/ask.ts'
import { keyOf } from './ssh/key.ts'
import { readOptions } from './ssh/options.ts'
import { print } from './ssh/print.ts'
import { listOf, objectOf, textOf, textsOf } from './shared/json-value.ts'

const UNAVAILABLE = 69

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if ('exit' in options) {
    print(options.exit === 0 ? 1 : 2, options.text)
    return options.exit
  }
  if (options.isCheck) return (await import('./ssh/check.ts')).check(options)
  const { SSH_ORIGINAL_COMMAND: line = '', SSH_USER_AUTH: authentication } = process.env
  const key = keyOf(authentication)
  const request = { line, door: 'ssh', ...(key === undefined ? {} : { key }) }
  const { value, connection } = await ask(options.socket, 'POST', '/dockgate/run', request)
  switch (value['do']) {
    case 'answer':
      print(1, textOf(value['stdout']))
      print(2, textOf(value['stderr']))
      return Number(value['exit'])
    case 'docker':
      return (await import('./ssh/docker.ts')).runDocker(options, {
        socket: textOf(value['socket']),
        arguments: textsOf(listOf(value['arguments'])),
        binds: listOf(value['binds'])
          .map(objectOf)
          .map(({ path, mode }) => ({ path: textOf(path), mode: mode === 'rw' ? 'rw' : 'ro' })),
        verdict: value['verdict'] === undefined ? undefined : textOf(value['verdict']),
      })
    case 'dial':
      return (await import('./ssh/dial.ts')).dial(textOf(value['socket']))
    case 'mcp':
      return (await import('./ssh/mcp.ts')).runMcp(options, key)
    default:
      connection.destroy()
      print(2, `dockgate: ${textOf(value['message']) || 'the gate gave no answer'}\n`)
      return UNAVAILABLE
  }
}

try {
  const code = await main()
  process.exit(code)
} catch (cause) {
  print(2, `dockgate: ${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exit(UNAVAILABLE)
}
