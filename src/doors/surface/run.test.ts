import { expect, test } from 'vitest'
import { openGate } from '../../../test/support/local-gate.ts'
import { ALONE } from '../../../test/support/share.ts'
import { ownRecent } from './own-record.ts'
import { runLine } from './run.ts'
import { Sessions } from './sessions.ts'
import { Ending } from '../../shared/ending.ts'
import { OWN } from '../../files/directory.ts'
import { openSocketDirectory } from '../listen.ts'

test('a line that can’t be read is told and recorded as it was written, also where it is only tried', async () => {
  using local = await openGate()
  const { gate, identity, record, policy } = local
  const [worker] = policy.workers
  if (worker === undefined) throw new Error('the policy has no worker')
  await using directory = await openSocketDirectory(worker.socket, OWN)
  const sessions = new Sessions(gate, identity, directory, worker.socket, OWN)
  const caller = { identity, door: 'ssh' } as const
  const line = { gate, caller, sessions, record, gone: new Ending(), share: ALONE }
  const { answer } = await runLine(line, { line: 'can COLUMNS=80 docker ps' })
  expect(answer).toMatchObject({ do: 'answer', stderr: expect.stringContaining('can COLUMNS=... docker ps') })
  const newest = { count: 1, after: undefined, decision: undefined }
  const [entry] = await ownRecent(record, ALONE, worker.name, newest)
  expect(entry).toMatchObject({ decision: 'refuse', detail: expect.stringContaining('"docker","ps"') })
})
