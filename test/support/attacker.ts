/** Somebody with a worker's key, a host to attack, and what shows whether an attack came to anything. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Gate } from './gate.ts'
import { until } from './process.ts'
import { startHost, startSshGate, type Host } from './ssh.ts'

export interface Attacker extends AsyncDisposable {
  readonly gate: Gate
  readonly host: Host
  /** A file that only root reads. */
  readonly secret: string
  /** A place that the account can write in: what an attack leaves there shows. */
  readonly out: string
  /** Options of one connection for many lines: most of the time goes into opening them. */
  readonly shared: readonly string[]
}

export async function startAttacker(): Promise<Attacker> {
  const gate = await startSshGate(
    {},
    { allow: ['echo <text>'], parameters: { text: '[a-z]+' }, programs: { echo: '/bin/echo' } },
  )
  const host = await startHost(gate.socket)
  const secret = join(host.directory, 'secret')
  writeFileSync(secret, 'ROOTONLY=canary-of-root\n', { mode: 0o600 })
  const out = join(host.directory, 'out')
  mkdirSync(out)
  execFileSync('chmod', ['1777', out])
  const path = join(host.directory, 'mux')
  const shared = ['-o', `ControlPath=${path}`]
  const master = host.startSsh([], { options: ['-M', '-N', ...shared] })
  await until(() => existsSync(path), 'the shared connection')
  return {
    gate,
    host,
    secret,
    out,
    shared,
    [Symbol.asyncDispose]: async () => {
      await master[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
      await gate[Symbol.asyncDispose]()
    },
  }
}
