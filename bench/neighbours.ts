/** What one worker's work costs another: the worst ping of one, while the other is as much of a burden as it can. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ATTACKS } from './attacks.ts'
import { ask, Connection, requestBytes } from './connection.ts'
import { ping } from './requests.ts'
import { startNeighbours, startStub } from './subjects.ts'

const USAGE = `usage: npm run bench:neighbours [-- [--seconds N] [ATTACK...]]
  One worker of a gate asks for what takes long, on 60 connections; the worst ping of another worker is measured meanwhile.
  --seconds  for each attack, default 2
  ATTACK     a part of the names of those that are tried, default all
`
const CONNECTIONS = 60
/** Milliseconds between two pings, and after which a new attack begins, at the latest. */
const BETWEEN = 2
const LATEST = 60_000
/** Entries of the record, so that looking through it takes what it takes on a busy host. */
const ENTRIES = 20_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '2' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help === true) process.stdout.write(USAGE)
else await main(Number(values.seconds), positionals)

async function main(seconds: number, wanted: readonly string[]): Promise<void> {
  await using stub = await startStub(300, 500)
  await using neighbours = await startNeighbours(stub.socket)
  const { busy, neighbour } = neighbours
  await ask(busy, requestBytes('POST', '/containers/create?name=mine', { Image: 'busybox' }), 201)
  await fillRecord(busy)
  const row = (name: string, worst: number): void => {
    process.stdout.write(`| ${name} | ${worst.toFixed(0)} |\n`)
  }
  process.stdout.write('| while another worker asks for | worst ping, ms |\n| --- | ---: |\n')
  row('nothing', await worstPing(neighbour, seconds))
  for (const name of Object.keys(ATTACKS)) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue
    row(name, await worstUnder(name, busy, neighbour, seconds))
  }
}

async function fillRecord(socket: string): Promise<void> {
  const one = async (): Promise<void> => {
    const connection = new Connection(socket)
    for (let count = 0; count < ENTRIES / 16; count += 1) await connection.send(ping)
    connection.close()
  }
  await Promise.all(Array.from({ length: 16 }, one))
}

/** Milliseconds that the slowest ping took while an attack went on. */
async function worstUnder(name: string, busy: string, neighbour: string, seconds: number): Promise<number> {
  const script = fileURLToPath(new URL('attack.ts', import.meta.url))
  const words = [script, busy, String(CONNECTIONS), String(seconds), name]
  const attack = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(attack, 'exit')
  await once(attack.stdout, 'data')
  const worst = await worstPing(neighbour, seconds)
  await Promise.race([ended, pause(LATEST, undefined, { ref: false })])
  attack.kill('SIGKILL')
  await untilFree(busy)
  return worst
}

async function worstPing(socket: string, seconds: number): Promise<number> {
  const connection = new Connection(socket)
  const end = performance.now() + seconds * 1000
  let worst = 0
  while (performance.now() < end) {
    const begun = performance.now()
    await connection.send(ping)
    worst = Math.max(worst, performance.now() - begun)
    await pause(BETWEEN)
  }
  connection.close()
  return worst
}

/** Resolves when connections of a worker are taken again, after those of an attack are over. */
async function untilFree(socket: string): Promise<void> {
  for (const end = performance.now() + LATEST; performance.now() < end; await pause(200)) {
    const isFree = await ask(socket, ping, 200).then(
      () => true,
      () => false,
    )
    if (isFree) return
  }
  throw new Error(`nothing answers at ${socket} any more`)
}
