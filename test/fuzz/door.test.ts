/** Bytes that are no HTTP, or nearly, on a worker's socket of a real gate. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { raw, request } from '../support/http.ts'
import { runs, seedFor } from '../support/runs.ts'
import { Dice, mutated } from './mutate.ts'

const BODY = '{"Image":"busybox","HostConfig":{"Memory":1}}'
const SEEDS = [
  'GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n',
  `POST /v1.41/containers/create HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  `POST /volumes/create HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  'POST /containers/web/attach?stream=1 HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  'GET /containers/json HTTP/1.1\r\nHost: docker\r\n\r\nGET /info HTTP/1.1\r\nHost: docker\r\n\r\n',
  'POST /build?t=a HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'))
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  ': ',
  'Content-Length: 5\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Expect: 100-continue\r\n',
  'Connection: close\r\n',
  'Upgrade: h2c\r\n',
  'HTTP/1.0',
  'HTTP/2.0',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '0\r\n\r\n',
  'ffffffff\r\n',
  ';ext=1',
  '\u0000',
  'GET /x HTTP/1.1\r\n',
  'X'.repeat(300),
  '\xff\xfe',
  'CONNECT a:1',
  'OPTIONS *',
]

/** Bytes of memory that the gate holds. */
function residentOf(pid: number | undefined): number {
  return 4096 * Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1])
}

test(
  'whatever bytes come, the gate answers, fails at none of them, and does not grow',
  { timeout: 3_600_000 },
  async () => {
    await using gate = await startGate({ policy: generousPolicy() })
    const dice = new Dice(seedFor('fuzz door'))
    const count: Record<string, number> = {}
    const many = runs(1_500)
    let before = 0
    let slowest = 0
    for (let sent = 0; sent < many; sent += 25) {
      if (sent >= many / 3 && before === 0) before = residentOf(gate.process.pid)
      const answers = await Promise.all(
        Array.from({ length: 25 }, () => raw(gate.socket, mutated(dice.of(SEEDS), dice, SEEDS, WORDS), 60)),
      )
      const asked = Date.now()
      expect((await request(gate.socket, { path: '/_ping' })).status).toBe(200)
      slowest = Math.max(slowest, Date.now() - asked)
      for (const answer of answers) {
        const status = /^HTTP\/1\.[01] ([0-9]{3})/.exec(answer)?.[1] ?? (answer === '' ? 'waits' : 'no HTTP')
        count[status] = (count[status] ?? 0) + 1
      }
    }
    console.log('fuzz door:', JSON.stringify({ ...count, slowest }))
    expect(Object.keys(count)).not.toContain('500')
    expect(Object.keys(count)).not.toContain('no HTTP')
    expect((await request(gate.socket, { path: '/_ping' })).status).toBe(200)
    expect(gate.output().stderr).not.toMatch(/Warning|Error/)
    expect(residentOf(gate.process.pid) - before).toBeLessThan(32 * 2 ** 20)
  },
)
