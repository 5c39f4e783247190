import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { docker, oldDocker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { raw, request } from '../support/http.ts'

const allow = 'run, create, start, rm, ps, inspect, cp, export, diff, attach'.split(', ')

describe.each(onEngines('new', 'old'))('files of containers on the %s engine', (engine) => {
  const [hidden, open] = [freshName('hidden'), freshName('open')]
  let gate: Gate
  let directory = ''

  const policy = (folder: string): string => {
    const { workers, ...file } = parse(generousPolicy({ allow, reach: { [open]: ['cp', 'diff'] } })(folder))
    const other = { socket: `${folder}/other/docker.sock`, docker: { allow } }
    return stringify(
      { ...file, workers: { ...workers, 'other-worker': other } },
      { aliasDuplicateObjects: false },
    )
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dockgate-files-'))
    gate = await startGate({ engine, policy })
    for (const name of [hidden, open])
      await engineDocker(engine, [
        'run',
        '-d',
        '--name',
        name,
        'busybox',
        'sh',
        '-c',
        'echo theirs > /file; exec sleep 1000',
      ])
    // The gate hears of them by events.
    await sleep(500)
  })
  afterAll(async () => {
    await gate[Symbol.asyncDispose]()
    await engineDocker(engine, ['rm', '-f', hidden, open])
    await rm(directory, { recursive: true, force: true })
  })

  const worker = (...args: readonly string[]) => docker(gate, args)

  test.each([
    ['26', docker],
    ['20.10', oldDocker],
  ] as const)('are copied in and out, exported and told of, by the CLI of %s', async (_version, cli) => {
    const name = freshName('own')
    await cli(gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])
    const [given, back, whole] = ['given', 'back', 'whole'].map((one) => join(directory, freshName(one)))
    await writeFile(given ?? '', 'content')
    expect(await cli(gate, ['cp', given ?? '', `${name}:/given`])).toMatchObject({ code: 0 })
    expect(await cli(gate, ['cp', `${name}:/given`, back ?? ''])).toMatchObject({ code: 0 })
    expect(await readFile(back ?? '', 'utf8')).toBe('content')
    expect(await cli(gate, ['diff', name])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('A /given'),
    })
    expect(await cli(gate, ['export', '-o', whole ?? '', name])).toMatchObject({ code: 0 })
    expect((await readFile(whole ?? '')).includes('bin/busybox')).toBe(true)
    expect(await cli(gate, ['cp', `${name}:/missing`, back ?? ''])).toMatchObject({ code: 1 })
    await cli(gate, ['rm', '-f', name])
  })

  test('of the operator’s container are copied where the policy says so, and no more', async () => {
    const back = join(directory, freshName('back'))
    expect(await worker('cp', `${open}:/file`, back)).toMatchObject({ code: 0 })
    expect(await readFile(back, 'utf8')).toBe('theirs\n')
    expect(await worker('diff', open)).toMatchObject({ code: 0, stdout: expect.stringContaining('/file') })
    expect(await worker('export', '-o', back, open)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`docker.reach.${open}`),
    })
  })

  test('out of reach are nobody’s, be they the operator’s or another worker’s', async () => {
    const rivals = freshName('rivals')
    const socket = `${gate.directory}/other/docker.sock`
    await worker('run', '-d', '--name', rivals, 'busybox', 'sleep', '1000')
    for (const [target, name] of [
      [gate.socket, hidden],
      [socket, rivals],
    ] as const) {
      const back = join(directory, freshName('back'))
      for (const args of [
        ['cp', `${name}:/file`, back],
        ['export', '-o', back, name],
        ['diff', name],
        ['cp', '/etc/hostname', `${name}:/x`],
      ]) {
        expect([args, await docker(target, args)]).toMatchObject([
          args,
          { code: 1, stderr: expect.stringMatching(/No such container|not find/) },
        ])
      }
      for (const path of ['archive?path=/file', 'export', 'changes', 'attach/ws?stream=1'])
        expect(await request(target, { path: `/containers/${name}/${path}` })).toMatchObject({
          status: path.startsWith('attach') ? 400 : 404,
        })
      expect(await handshake(target, name)).toMatch(/^HTTP\/1.1 404 /)
    }
    await worker('rm', '-f', rivals)
  })

  /** A WebSocket's handshake, then one frame of text; gives all that comes back. */
  function handshake(target: string, name: string, headers = '', text = ''): Promise<string> {
    const mask = randomBytes(4)
    const payload = Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
    const frame = text === '' ? [] : [Buffer.from([0x81, 0x80 | payload.length]), mask, payload]
    const head = [
      `GET /v1.41/containers/${name}/attach/ws?stream=1&stdin=1&stdout=1 HTTP/1.1`,
      ...['Host: docker', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==${headers}`,
    ].join('\r\n')
    return raw(target, Buffer.concat([Buffer.from(`${head}\r\n\r\n`), ...frame]), 1500)
  }

  test('attach by a WebSocket types into an own container and shows what it prints', async () => {
    const name = freshName('own')
    await worker('run', '-d', '-i', '--name', name, 'busybox', 'sh')
    const answer = await handshake(gate.socket, name, '', 'echo typed $((6*7))\n')
    expect(answer).toMatch(/^HTTP\/1.1 101 /)
    // The key and its answer of RFC 6455, 1.3.
    expect(answer).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')
    expect(answer).toContain('typed 42\n')
    expect(await handshake(gate.socket, name, '\r\nOrigin: http://example.com')).toMatch(/^HTTP\/1.1 403 /)
    expect(await handshake(gate.socket, open)).toMatch(/^HTTP\/1.1 403 /)
    await worker('rm', '-f', name)
  })
})
