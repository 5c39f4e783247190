/** All measures of one engine with one number of containers: short rounds in turn, as other work on the machine comes and goes. */
import { setTimeout as pause } from 'node:timers/promises'
import { ask } from './connection.ts'
import { createdId, createRate, keptLatencies, newLatencies, requestRate, streamRate } from './load.ts'
import { create, createStream, list, ping, remove, startStream, STREAM, type Direction } from './requests.ts'
import { NAMES, type Name, type Subject, type Subjects } from './subjects.ts'

/** How much is measured. */
export interface Extent {
  readonly rounds: number
  /** Requests one after the other on a kept connection; a fifth of them on new ones. */
  readonly requests: number
  /** Length of a round of requests at once, and how many connections create. */
  readonly seconds: number
  readonly creators: number
  /** Size of a stream, and how many there are of it in turn. */
  readonly mebibytes: number
  readonly streams: number
}

export interface Measure {
  readonly name: string
  readonly unit: string
  readonly values: Readonly<Record<Name, number>>
  /** The gate's value over the proxy's, the median over the rounds. */
  readonly ofProxy: number
}

type Round = Readonly<Record<Name, readonly number[]>>

const CONNECTIONS = 16
/** The worker's own containers. */
export const OWN = 5
/** Milliseconds after which a process has come to rest. */
const REST = 3_000

/** Measures. @param engine the engine's socket @param progress is told what comes next */
export async function measure(
  engine: string,
  { all }: Subjects,
  extent: Extent,
  progress: (what: string) => void,
): Promise<readonly Measure[]> {
  const { requests, seconds, creators, mebibytes, streams } = extent
  const measures: Measure[] = []
  const memory = (name: string, which: 'now' | 'peak'): void => {
    const read = (subject: Subject): number => subject.memory()[which] / 1e6
    measures.push(...summary(['memory ' + name], 'MB', [eachNow(all, read)]))
  }
  const rounds = async (
    names: readonly string[],
    unit: string,
    one: (subject: Subject) => Promise<readonly number[]>,
    count = extent.rounds,
  ): Promise<void> => {
    progress(names[0] ?? '')
    measures.push(...summary(names, unit, await inTurn(all, count, one)))
  }
  const stream = async (direction: Direction): Promise<void> => {
    const rate = (subject: Subject): Promise<number> => streamOnce(engine, subject, direction, mebibytes)
    await rounds([`stream ${direction}`], 'GB/s', async (subject) => [(await rate(subject)) / 1e9], streams)
  }

  progress('memory at rest')
  await pause(REST)
  memory('at rest', 'now')
  await stream('down')
  memory('at the peak of the stream down', 'peak')
  await stream('up')
  const own = await makeOwn(all)
  for (const [name, request] of [
    ['/_ping', ping],
    ['/containers/json', list],
  ] as const) {
    await rounds(
      [`${name}, kept connection, p50`, `${name}, kept connection, p99`],
      'µs',
      async ({ socket }) => percentiles(await keptLatencies(socket, request, requests)),
    )
    await rounds([`${name}, new connection, p50`, `${name}, new connection, p99`], 'µs', async ({ socket }) =>
      percentiles(await newLatencies(socket, request, Math.ceil(requests / 5))),
    )
    await rounds([`${name}, ${CONNECTIONS} connections`], 'requests/s', async ({ socket }) => [
      await requestRate(socket, request, CONNECTIONS, seconds),
    ])
  }
  await rounds([`create and remove, ${creators} connections`], 'pairs/s', async ({ socket }) => [
    await createRate(socket, creators, seconds),
  ])
  memory('at the peak of everything', 'peak')
  await Promise.all(own.map((id) => ask(engine, remove(id), 204)))
  return measures
}

/** The worker's own containers, made through the gate. */
async function makeOwn(all: readonly Subject[]): Promise<readonly string[]> {
  const gate = all.find(({ name }) => name === 'gate')
  if (gate === undefined) throw new TypeError('there is no gate')
  const answers = await Promise.all(Array.from({ length: OWN }, () => ask(gate.socket, create, 201)))
  return answers.map(({ body }) => createdId(body))
}

/** The container is the operator's, the same for all: made, started and removed on the engine itself. */
async function streamOnce(
  engine: string,
  subject: Subject,
  direction: Direction,
  mebibytes: number,
): Promise<number> {
  await ask(engine, createStream(direction, mebibytes), 201)
  // The gate hears of it by an event.
  await pause(200)
  try {
    return await streamRate(subject.socket, direction, mebibytes * 2 ** 20, () =>
      ask(engine, startStream, 204),
    )
  } finally {
    await ask(engine, remove(STREAM), 204)
  }
}

async function inTurn(
  all: readonly Subject[],
  count: number,
  one: (subject: Subject) => Promise<readonly number[]>,
): Promise<readonly Round[]> {
  const rounds: Round[] = []
  for (let index = 0; index < count; index += 1) {
    const round: Record<Name, readonly number[]> = { engine: [], proxy: [], gate: [] }
    for (const subject of all) round[subject.name] = await one(subject)
    rounds.push(round)
  }
  return rounds
}

function eachNow(all: readonly Subject[], read: (subject: Subject) => number): Round {
  const round: Record<Name, readonly number[]> = { engine: [], proxy: [], gate: [] }
  for (const subject of all) round[subject.name] = [read(subject)]
  return round
}

/** A measure for each name, from the rounds' values in the same order. */
function summary(names: readonly string[], unit: string, rounds: readonly Round[]): readonly Measure[] {
  return names.map((name, index) => {
    const of = (subject: Name): readonly number[] =>
      rounds.map((round) => round[subject][index] ?? Number.NaN)
    const [engine, proxy, gate] = NAMES.map((subject) => median(of(subject)))
    const ratios = rounds.map((round) => (round.gate[index] ?? 0) / (round.proxy[index] ?? 0))
    return {
      name,
      unit,
      values: { engine: engine ?? 0, proxy: proxy ?? 0, gate: gate ?? 0 },
      ofProxy: median(ratios),
    }
  })
}

function percentiles(times: readonly number[]): readonly number[] {
  const sorted = [...times].sort((one, other) => one - other)
  return [0.5, 0.99].map((part) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
