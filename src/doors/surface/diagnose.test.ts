import { describe, expect, test } from 'vitest'
import { openGate } from '../../../test/support/local-gate.ts'
import { ALONE } from '../../../test/support/share.ts'
import { OWN } from '../../files/directory.ts'
import { BindRoots } from '../../host/bind-roots.ts'
import type { Policy } from '../../policy/policy.ts'
import { Ending, type Until } from '../../shared/ending.ts'
import { openSocketDirectory } from '../listen.ts'
import { ownRecent } from './own-record.ts'
import { runLine } from './run.ts'
import { Sessions } from './sessions.ts'

const HOST = {
  allow: ['sleep <seconds>', 'echo given', 'gone'],
  parameters: { seconds: '0..9' },
  programs: { sleep: '/usr/bin/sleep', echo: '/usr/bin/echo', gone: '/usr/bin/dockgate-has-no-such' },
}

/** A worker with diagnostics of the host, and no engine. */
async function open() {
  const local = await openGate(undefined, { host: HOST })
  const { gate, identity, record, policy } = local
  const [worker] = policy.workers
  if (worker === undefined) throw new Error('the policy has no worker')
  const directory = await openSocketDirectory(worker.socket, OWN)
  const sessions = new Sessions(gate, identity, directory, worker.socket, OWN)
  const caller = { identity, door: 'ssh' } as const
  const run = async (text: string, gone: Until = new Ending()) => {
    const line = { gate, caller, sessions, record, gone, share: ALONE }
    return (await runLine(line, { line: text })).answer
  }
  const newest = async (count: number) => {
    await gate.persist([])
    return ownRecent(record, ALONE, worker.name, { count, after: undefined, decision: undefined })
  }
  const adopt = async (changed: Policy) => {
    gate.adopt(changed, await BindRoots.open(changed, () => undefined))
  }
  const without = { ...policy, workers: [{ ...worker, host: { ...worker.host, allow: [] } }] }
  return {
    ...{ run, newest, adopt, policy, without, worker: worker.name },
    [Symbol.asyncDispose]: async () => {
      await directory[Symbol.asyncDispose]()
      local[Symbol.dispose]()
    },
  }
}

/** Long enough for programs to be started. */
const running = () => new Promise((resolve) => setTimeout(resolve, 300))

describe('a diagnostic of the host', () => {
  test('is recorded, run, and its end recorded, though there is no engine', async () => {
    await using own = await open()
    expect(await own.run('sudo echo given')).toEqual({
      ...{ do: 'answer', stdout: 'given\n', stderr: '', exit: 0 },
    })
    const [outcome, decision] = (await own.newest(2)).toSorted((one) => (one.phase === 'outcome' ? -1 : 1))
    expect(outcome).toMatchObject({ status: 200, reason: 'exit 0', target: 'echo given' })
    expect(decision).toMatchObject({
      ...{ operation: 'host.diagnostic', subcommand: 'host', rule: 'host.allow', target: 'echo given' },
      ...{ decision: 'allow', door: 'ssh', detail: '{"kind":"host.diagnostic","words":["echo","given"]}' },
    })
  })

  test('that the policy does not give is refused with what it gives, and its secrets are in no record', async () => {
    await using own = await open()
    const answer = await own.run('echo TOKEN=s3cret')
    const [entry] = await own.newest(1)
    expect(answer).toEqual({
      ...{ do: 'answer', stdout: '', exit: 77 },
      stderr:
        'refused by policy: host.allow\necho TOKEN=...\nwhy: echo is given with exact arguments only\ninstead: echo given\n' +
        'This is policy, not an error. Do not try to work around it.\n' +
        `To request access, give your operator this rule, for worker ai-worker. Record: ${entry?.id}\n`,
      refusal: expect.objectContaining({ rule: 'host.allow', record: entry?.id }),
    })
    expect(entry).toMatchObject({ decision: 'refuse', operation: 'host.diagnostic', target: '' })
    expect(JSON.stringify(entry)).not.toContain('s3cret')
  })

  test('that is only tried is decided and recorded, and not run', async () => {
    await using own = await open()
    expect(await own.run('can sleep 9')).toEqual({
      ...{ do: 'answer', stdout: 'allowed: host.allow. It was not run.\n', stderr: '', exit: 0 },
    })
    expect(await own.newest(9)).toMatchObject([{ decision: 'allow', door: 'ssh rehearsal' }])
  })

  test('whose program is not there is told so', async () => {
    await using own = await open()
    const answer = await own.run('gone')
    expect(answer).toMatchObject({ exit: 69, stderr: expect.stringMatching(/^dockgate: gone: .+\n$/) })
    expect(await own.newest(2)).toContainEqual(expect.objectContaining({ status: 502 }))
  })

  test('is one of four at once', async () => {
    await using own = await open()
    const gone = new Ending()
    const four = Array.from({ length: 4 }, () => own.run('sleep 9', gone))
    await running()
    const answer = await own.run('echo given')
    expect(answer).toMatchObject({ exit: 77, refusal: { rule: 'host.limits', retryable: true } })
    expect(answer).toMatchObject({ stderr: expect.stringContaining('why: 4 diagnostics run already\n') })
    gone.end()
    await Promise.all(four)
    expect(await own.newest(9)).toContainEqual(expect.objectContaining({ status: 499, reason: 'exit 137' }))
    expect(await own.run('echo given')).toMatchObject({ exit: 0 })
  })

  test('ends when a policy comes into force that does not give it, and goes on where it does', async () => {
    await using own = await open()
    const [ended, lasting] = [own.run('sleep 9'), own.run('sleep 1')]
    await running()
    await own.adopt(own.policy)
    expect(await lasting).toMatchObject({ exit: 0 })
    await own.adopt(own.without)
    expect(await ended).toEqual({
      ...{ do: 'answer', stdout: '', exit: 77 },
      stderr: 'dockgate: ended: the policy that is in force by now does not give it\n',
    })
    const why = expect.stringContaining('the policy that is in force by now does not give it')
    expect(await own.newest(9)).toContainEqual(expect.objectContaining({ status: 0, reason: why }))
    expect(await own.run('sleep 0')).toMatchObject({ exit: 77, refusal: { rule: 'host.allow' } })
  })

  test('ends with all else of its worker where the policy cuts', async () => {
    await using own = await open()
    const ended = own.run('sleep 9')
    await running()
    const [worker] = own.policy.workers
    const changed = worker && { ...worker, docker: { ...worker.docker, allow: [] } }
    await own.adopt({ ...own.policy, onReload: 'cut', workers: changed ? [changed] : [] })
    expect(await ended).toMatchObject({ exit: 77, stderr: 'dockgate: policy.on_reload is cut\n' })
  })
})
