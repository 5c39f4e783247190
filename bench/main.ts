/** The benchmark: bare engine, bare proxy and gate, before a stub engine and a real one. */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { ask } from './connection.ts'
import { measure, OWN, type Extent, type Measure } from './measure.ts'
import { table, type Result } from './report.ts'
import { create, listMade, remove, version } from './requests.ts'
import { startStub, startSubjects } from './subjects.ts'

const USAGE = `usage: npm run bench [-- [--quick] [--json] [--engine URL | --stub]]
  Measures an engine itself, a bare node:http proxy before it, and the gate with policy and record on: latencies,
  requests and bytes a second, memory; with 5 and with 500 containers on the engine. First a stub engine, then the
  private one of 'npm run engine', or the one that --engine names. What it makes there it removes again.
  --quick  a tenth of the time, for a first look; its numbers are noise
  --stub   the stub alone
  --json   JSON instead of Markdown tables
`
const HOSTS = [5, 500]
const STUB: Extent = { rounds: 5, requests: 2_000, seconds: 1, creators: 16, mebibytes: 2048, streams: 3 }
const REAL: Extent = { rounds: 3, requests: 500, seconds: 2, creators: 4, mebibytes: 2048, streams: 3 }
const QUICK = { rounds: 1, requests: 200, seconds: 0.3, mebibytes: 256, streams: 1 }

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    stub: { type: 'boolean' },
  },
})
if (options.help === true) process.stdout.write(USAGE)
else await main()

async function main(): Promise<void> {
  const quick = options.quick === true ? QUICK : {}
  const stub = await onStub({ ...STUB, ...quick })
  const real =
    options.stub === true ? [] : await onEngine(socketOf(options.engine ?? ''), { ...REAL, ...quick })
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? '' }
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ machine, results: [...stub, ...real] }, null, 2)}\n`)
    return
  }
  const title = `Node ${machine.node}, ${machine.cpus} × ${machine.cpu}. Medians; kept and new connections one after the other.\n`
  process.stdout.write([title, table(stub), table(real)].filter((part) => part !== '').join('\n'))
}

async function onStub(extent: Extent): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const containers of HOSTS) {
    await using stub = await startStub(containers - OWN)
    const measures = await measureOn('stub engine', stub.socket, containers, extent)
    results.push({ engine: 'stub engine', containers, measures })
  }
  return results
}

async function onEngine(socket: string, extent: Extent): Promise<readonly Result[]> {
  const results: Result[] = []
  const { body } = await ask(socket, version, 200)
  const engine = `Docker ${/"Version": ?"([^"]+)"/.exec(body.toString())?.[1] ?? '(version unknown)'}`
  for (const containers of HOSTS) {
    await removeMade(socket)
    try {
      await makeOthers(socket, containers - OWN)
      results.push({ engine, containers, measures: await measureOn(engine, socket, containers, extent) })
    } finally {
      await removeMade(socket)
    }
  }
  return results
}

async function measureOn(
  engine: string,
  socket: string,
  containers: number,
  extent: Extent,
): Promise<readonly Measure[]> {
  await using subjects = await startSubjects(socket)
  return await measure(socket, subjects, extent, (what) =>
    process.stderr.write(`dockgate: ${engine}, ${containers} containers: ${what}\n`),
  )
}

/** Stopped containers that are nobody's of the worker's. */
async function makeOthers(socket: string, count: number): Promise<void> {
  await atOnce(Array.from({ length: count }), () => ask(socket, create, 201))
}

async function removeMade(socket: string): Promise<void> {
  const { body } = await ask(socket, listMade, 200)
  const ids = body.toString().match(/(?<="Id": ?")[0-9a-f]{64}/g) ?? []
  await atOnce(ids, (id) => ask(socket, remove(id), 204))
}

/** Does something for each, four at a time. */
async function atOnce<T>(items: readonly T[], one: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const item of left) await one(item)
    }),
  )
}

function socketOf(url: string): string {
  if (url.startsWith('unix:///')) return url.slice('unix://'.length)
  process.stderr.write(
    `dockgate: error: ${JSON.stringify(url)} is no engine; write --engine unix:///var/run/docker.sock\n`,
  )
  process.exit(64)
}
