import { expect, test } from 'vitest'
import { openGate } from '../../test/support/local-gate.ts'
import { ALONE } from '../../test/support/share.ts'
import { decideCall, lookUp } from '../rights/decision.ts'
import { HostCall, type Host } from '../rights/host-call.ts'
import { Right } from '../rights/right.ts'
import { openClaims } from '../settle/claims.ts'
import { Ending } from '../shared/ending.ts'
import { runPermitted } from './diagnostic.ts'

const HOST = { allow: ['echo given'], programs: { echo: '/usr/bin/echo' } }

test('a program is run by what was decided, and by no copy of that with other arguments', async () => {
  using local = await openGate(undefined, { host: HOST })
  const { gate, identity } = local
  const operation = { kind: 'host.diagnostic', words: ['echo', 'given'] } as const
  const call = new HostCall(gate, { identity, door: 'ssh' }, operation, new Ending(), ALONE)
  const { rights, looked } = await lookUp<Host>(call)
  const decision = decideCall<Host>(call, rights, looked)
  const { verdict } = decision
  if (verdict.effect === 'refuse') throw new Error('the policy gives it')
  const { permit } = verdict
  const claims = openClaims(gate, identity.name, verdict)
  const copied = new Right<Host>(call, decision, { ...permit, arguments: ['another'] }, undefined)
  await expect(runPermitted(call, copied, claims)).rejects.toThrow('was not decided')
  const right = new Right<Host>(call, decision, permit, undefined)
  expect(await runPermitted(call, right, claims)).toMatchObject({ stdout: 'given\n', exit: 0 })
})
