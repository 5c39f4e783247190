/** What a command over SSH costs beside the same with /bin/true as the forced command, in one run; times in milliseconds. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { docker } from '../test/support/docker.ts'
import { until, type Running } from '../test/support/process.ts'
import { startHost, startSshGate, type Host } from '../test/support/ssh.ts'

const ROUNDS = Number(process.argv[2] ?? '20')

interface Subject {
  readonly name: string
  readonly run: () => Promise<unknown>
}

const host = { allow: ['ss -tlnp', 'true'], programs: { true: '/bin/true' } }
await using gate = await startSshGate({}, host)
await using worker = await startHost(gate.socket)
await using bare = await startHost(gate.socket, '/bin/true')
const masters = [await share(worker), await share(bare)]

const lines = ['whoami', 'true', 'ss -tlnp', 'docker ps']
const subjects: readonly Subject[] = [
  { name: 'docker ps on the socket, without SSH', run: () => docker(gate.socket, ['ps']) },
  ...['new', 'shared'].flatMap((connection) => {
    const options = (to: Host) =>
      connection === 'new' ? [] : ['-o', `ControlPath=${join(to.directory, 'mux')}`]
    return [
      {
        name: `${connection} connection: forced command /bin/true`,
        run: () => bare.ssh('x', { options: options(bare) }),
      },
      ...lines.map((line) => ({
        name: `${connection} connection: ${line}`,
        run: () => worker.ssh(line, { options: options(worker) }),
      })),
    ]
  }),
]

/** Opens a connection that others go through. */
async function share(to: Host): Promise<Running> {
  const path = join(to.directory, 'mux')
  const master = to.startSsh([], { options: ['-M', '-N', '-o', `ControlPath=${path}`] })
  await until(() => existsSync(path), 'the shared connection')
  return master
}

const times = subjects.map((): number[] => [])
for (let round = -1; round < ROUNDS; round += 1) {
  for (const [index, { run }] of subjects.entries()) {
    const before = performance.now()
    await run()
    // The first round is for warming up.
    if (round >= 0) times[index]?.push(performance.now() - before)
  }
}
for (const master of masters) await master[Symbol.asyncDispose]()

const load = execFileSync('cat', ['/proc/loadavg'], { encoding: 'utf8' }).split(' ')[0]
console.log(`${ROUNDS} rounds, ${cpus().length} CPUs, load ${load}; milliseconds\n`)
console.log(`${'what'.padEnd(46)}${'median'.padStart(8)}${'fastest'.padStart(9)}${'slowest'.padStart(9)}`)
for (const [index, { name }] of subjects.entries()) {
  const sorted = (times[index] ?? []).toSorted((one, other) => one - other)
  const at = (part: number): string =>
    Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toString()
  console.log(`${name.padEnd(46)}${at(0.5).padStart(8)}${at(0).padStart(9)}${at(1).padStart(9)}`)
}
