/** What images cost: names given and builds with few and with many images on the engine, and how soon it is served after a restart of it. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { tarFile } from '../src/perform/tar-file.ts'
import { ask, Connection, requestBytes, type Answer } from './connection.ts'
import { list, ping } from './requests.ts'
import { startSubjects, type Subject } from './subjects.ts'

const USAGE = `usage: npm run bench:images [-- [--images N,N] [ENGINE...]]
  Gives names to an image, builds on one and lists images: at the engine itself, through a bare proxy and through the gate, with 3 and with
  300 images on it; then restarts the engine, and measures how much later than itself the gate answers. ENGINE is one of the private
  engines of 'npm run engine', default 28 and 28-containerd. What it makes there it removes again.
`
const API = '/v1.45'
const REPOSITORY = 'library/dockgate-bench'
const ROUNDS = 15
const images = requestBytes('GET', `${API}/images/json`)
const engineScript = fileURLToPath(new URL('../scripts/engine/start.sh', import.meta.url))

type Once = (connection: Connection, tag: string) => Promise<Answer>

/** What is timed. Each is done by all three, on what is the worker's. */
const WORK: Readonly<Record<string, Once>> = {
  'docker tag': (connection, tag) => {
    const repository = encodeURIComponent(`docker.io/${REPOSITORY}`)
    const path = `${API}/images/${encodeURIComponent(`docker.io/${REPOSITORY}:own`)}/tag?repo=${repository}&tag=t-${tag}`
    return connection.send(requestBytes('POST', path))
  },
  'docker rmi of that name': (connection, tag) => connection.send(untag(`t-${tag}`)),
  'docker build -t': (connection, tag) => {
    const file = tarFile('Dockerfile', Buffer.from(`FROM busybox\nLABEL round=${Date.now()}-${tag}\n`))
    const context = Buffer.concat([file, Buffer.alloc(1024)])
    const path = `${API}/build?t=${encodeURIComponent(`docker.io/${REPOSITORY}:b-${tag}`)}&rm=1&forcerm=1`
    return connection.send(withBody('POST', path, context))
  },
  'docker rmi of what was built': (connection, tag) => connection.send(untag(`b-${tag}`)),
  'docker images': (connection) => connection.send(requestBytes('GET', `${API}/images/json`)),
  'docker inspect of an image': (connection) =>
    connection.send(requestBytes('GET', `${API}/images/docker.io/${REPOSITORY}:own/json`)),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { images: { type: 'string', default: '3,300' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help === true) process.stdout.write(USAGE)
else
  await main(
    positionals.length === 0 ? ['28', '28-containerd'] : positionals,
    values.images.split(',').map(Number),
  )

async function main(engines: readonly string[], counts: readonly number[]): Promise<void> {
  for (const name of engines) {
    const socket = await startEngine(name)
    try {
      for (const count of counts) {
        await makeImages(socket, count)
        process.stdout.write(await measured(name, socket, count))
      }
      process.stdout.write(await restarted(name, socket))
    } finally {
      await removeImages(socket)
    }
  }
}

async function startEngine(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)(engineScript, [name])
  return stdout.trim().replace('unix://', '')
}

/** An image of one small layer, unlike any other. */
function importOf(tag: string): Buffer {
  const body = Buffer.concat([tarFile('made', Buffer.from(tag)), Buffer.alloc(1024)])
  const path = `${API}/images/create?fromSrc=-&repo=${encodeURIComponent(`docker.io/${REPOSITORY}`)}&tag=${tag}`
  return withBody('POST', path, body)
}

function withBody(method: string, path: string, body: Buffer): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}

async function makeImages(socket: string, count: number): Promise<void> {
  const there = await ours(socket)
  const wanted = Array.from({ length: count }, (_, index) => `n${index}`).filter(
    (tag) => !there.includes(tag),
  )
  for (const tag of wanted) await ask(socket, importOf(tag), 200)
}

/** Tags of the images that this has made. */
async function ours(socket: string): Promise<readonly string[]> {
  const { body } = await ask(socket, requestBytes('GET', `${API}/images/json`), 200)
  return [
    ...new Set(
      body.toString().match(/(?<="(?:docker\.io\/library\/|library\/)?dockgate-bench:)[\w.-]+(?=")/g) ?? [],
    ),
  ]
}

async function removeImages(socket: string): Promise<void> {
  for (const tag of await ours(socket)) await ask(socket, untag(tag), 200, 404)
}

function untag(tag: string): Buffer {
  return requestBytes('DELETE', `${API}/images/docker.io/${REPOSITORY}:${tag}`)
}

async function measured(engine: string, socket: string, count: number): Promise<string> {
  await using subjects = await startSubjects(socket)
  const gate = subjects.all.find(({ name }) => name === 'gate')
  if (gate === undefined) throw new TypeError('there is no gate')
  await untilListed(gate)
  // What the worker gives a name to has it for the worker alone.
  for (const at of [socket, gate.socket]) await ask(at, importOf('own'), 200)
  const rows: string[] = []
  for (const [what, once] of Object.entries(WORK)) {
    const times = await medians(subjects.all, once)
    const [raw = 0, proxy = 0, gated = 0] = ['engine', 'proxy', 'gate'].map((name) => times.get(name))
    const cells = [raw, proxy, gated].map((time) => time.toFixed(1))
    rows.push(`| ${what} | ${cells.join(' | ')} | ${(gated / raw).toFixed(2)} |\n`)
  }
  for (const at of [gate.socket, socket]) await ask(at, untag('own'), 200)
  const head =
    '| milliseconds | engine | proxy | gate | gate ÷ engine |\n| --- | ---: | ---: | ---: | ---: |\n'
  return `### engine ${engine}, ${count} images\n\n${head}${rows.join('')}\n`
}

/** Milliseconds of each, the medians of some rounds. */
async function medians(all: readonly Subject[], once: Once): Promise<ReadonlyMap<string, number>> {
  const times = new Map(all.map(({ name }) => [name, Array.of<number>()]))
  const connections = new Map(all.map(({ name, socket }) => [name, new Connection(socket)]))
  // In turn, so that an engine which gets slower does so for each of them.
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, connection] of connections) {
      const begun = performance.now()
      const { status, body } = await once(connection, `${name}${round}`)
      times.get(name)?.push(performance.now() - begun)
      if (status >= 300) throw new Error(`the answer is ${status}: ${body.toString().slice(0, 400)}`)
    }
  for (const connection of connections.values()) connection.close()
  return new Map(
    [...times].map(([name, of]) => [name, of.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0]),
  )
}

async function untilListed({ socket }: Subject): Promise<void> {
  await untilAnswered(socket, images)
}

/** When something was answered, by the clock of this process. */
async function untilAnswered(socket: string, request: Buffer): Promise<number> {
  for (const deadline = performance.now() + 300_000; performance.now() < deadline; await pause(5)) {
    const answer = await ask(socket, request, 200).catch(() => undefined)
    if (answer !== undefined) return performance.now()
  }
  throw new Error('nothing is answered')
}

/** How much later than the engine itself the gate answers after a restart. */
async function restarted(engine: string, socket: string): Promise<string> {
  await using subjects = await startSubjects(socket)
  const gate = subjects.all.find(({ name }) => name === 'gate')
  if (gate === undefined) throw new TypeError('there is no gate')
  await untilListed(gate)
  process.kill(Number(readFileSync(join(dirname(socket), 'docker.pid'), 'latin1')), 'SIGKILL')
  await untilRefused(gate)
  const started = startEngine(engine)
  const there = untilAnswered(socket, ping)
  const asked = { containers: list, images, 'a name': requestBytes('GET', `${API}/images/busybox/json`) }
  const answered = Object.entries(asked).map(
    async ([what, request]) => [what, await untilAnswered(gate.socket, request)] as const,
  )
  const at = await there
  const rows = (await Promise.all(answered)).map(
    ([what, time]) => `| ${what} | ${(time - at).toFixed(0)} |\n`,
  )
  await started
  const head = '| milliseconds from the engine’s first answer to the gate’s | |\n| --- | ---: |\n'
  return `### engine ${engine}, restarted with ${(await ours(socket)).length} images\n\n${head}${rows.join('')}\n`
}

async function untilRefused({ socket }: Subject): Promise<void> {
  while ((await ask(socket, list, 200, 503)).status === 200) await pause(10)
}
