/** Policies that come into force while a gate runs. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Gate } from './gate.ts'
import { until } from './process.ts'

export function policyFile(gate: Gate): string {
  return join(gate.directory, 'policy.yaml')
}

/** Puts another policy into force, and waits until it is. @param policy its text for the gate's directory */
export async function reload(gate: Gate, policy: (directory: string) => string): Promise<void> {
  const before = timesInForce(gate)
  const partial = `${policyFile(gate)}.partial`
  await writeFile(partial, policy(gate.directory))
  await rename(partial, policyFile(gate))
  gate.process.kill('SIGHUP')
  await until(() => timesInForce(gate) > before, 'the policy to be in force')
}

/** Changes the text of the policy that is in force. */
export async function change(gate: Gate, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(policyFile(gate), 'utf8')
  if (!(typeof from === 'string' ? text.includes(from) : from.test(text)))
    throw new Error(`the policy has no ${String(from)}:\n${text}`)
  await reload(gate, () => text.replace(from, to))
}

function timesInForce(gate: Gate): number {
  return gate.output().stderr.split('the new policy is in force').length
}
