import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { newDirectory } from '../../test/support/record.ts'
import { openRecord } from '../audit/query.ts'
import { verifyRecord } from '../audit/verify.ts'

const writer = fileURLToPath(new URL('../../test/support/crash-writer.ts', import.meta.url))

test('a kill at any moment loses no entry whose write resolved, and the chain goes on', async () => {
  const directory = newDirectory()
  const acknowledged: string[] = []
  for (let round = 0; round < 8; round += 1) {
    const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    const output = text(child.stdout)
    await new Promise((resolve) => child.stdout.once('readable', resolve))
    await sleep(7 * round)
    child.kill('SIGKILL')
    const ids = (await output).split('\n').filter((id) => id.length === 12)
    expect(ids).not.toHaveLength(0)
    acknowledged.push(...ids)

    const { findings, unsigned } = verifyRecord(directory)
    expect(findings).toEqual([])
    // At most the writes of the one commit that was not signed yet.
    expect(unsigned).toBeLessThanOrEqual(6)
  }
  const record = openRecord(directory)
  const stored = new Set(record.newest({}, 1_000_000).map(({ entry }) => entry.id))
  record.close()
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
}, 60_000)
