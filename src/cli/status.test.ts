import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { controlSocket } from '../record/state-directory.ts'
import { addStatusCommand } from './status.ts'

let directory = ''
let server: Server | undefined
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dockgate-status-'))
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  rmSync(directory, { recursive: true })
})

/** Runs `dockgate status` before what answers so. */
async function run(answer: RequestListener): Promise<{ readonly exitCode: number; readonly error: string }> {
  const listening = createServer(answer)
  server = listening
  await new Promise<void>((resolve) => listening.listen(controlSocket(directory), resolve))
  let error = ''
  const program = new Command('dockgate')
    .exitOverride()
    .configureOutput({ writeErr: (text) => (error += text) })
  addStatusCommand(program, {})
  try {
    await program.parseAsync(['status', '--state', directory], { from: 'user' })
    return { exitCode: 0, error }
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    return { exitCode: cause.exitCode, error }
  }
}

/** Sends something again and again. */
function sendFor(chunk: string, pause: number): RequestListener {
  return (_, response) => {
    const timer = setInterval(() => response.write(chunk), pause)
    response.once('close', () => clearInterval(timer))
  }
}

describe('status exits 69, and says why, before what answers', () => {
  test.each<readonly [string, RequestListener, string]>([
    ['no JSON', (_, response) => response.end('hello'), 'not a status of a gate'],
    ['something else', (_, response) => response.end('{"message":"hello"}'), 'not a status of a gate'],
    ['half of it', (_, response) => response.writeHead(200, { 'Content-Length': 9 }).write('{'), '5 s'],
    ['slowly', sendFor(' ', 100), '5 s'],
    ['without end', sendFor(' '.repeat(2 ** 20), 1), 'larger than'],
    ['an error', (_, response) => response.writeHead(404).end('{}'), '404'],
    [
      'and breaks off',
      (_, response) => response.writeHead(200, { 'Content-Length': 9 }).destroy(),
      'no gate',
    ],
  ])('%s', async (_, answer, why) => {
    const { exitCode, error } = await run(answer)
    expect(exitCode).toBe(69)
    expect(error).toMatch(/^dockgate: error: no gate answers on /)
    expect(error).toContain(why)
  })
})
